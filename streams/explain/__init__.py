"""What each KPI means, and why one has the value it has: from the snapshot document alone."""
