"""What moved with an issue: its onset, the series around it, their scores, and the evidence they make."""
