"""The exam: what it draws, what it says, and that no wrong answer passes."""
