"""What each verb takes, by subject. What it does is elsewhere, and loaded when it is asked for."""
