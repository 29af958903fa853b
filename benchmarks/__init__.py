"""What we claim about speed, measurable by anybody: ``make bench``."""
