"""How good the alarm system is: the figures of `rules/kpi` about a running plant."""
