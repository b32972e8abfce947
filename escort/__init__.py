"""Assessments -> escort requests -> plan."""
