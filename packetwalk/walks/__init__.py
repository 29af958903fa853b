"""From a question to an answer: networks, scenarios, walks, and the forms in which people read them."""
