"""SoccerAI, the reference service: a prediction platform for football matches."""
