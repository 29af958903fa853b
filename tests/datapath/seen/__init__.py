"""What Linux was seen to do, case by case: one file a subject, found by looking into this folder."""
