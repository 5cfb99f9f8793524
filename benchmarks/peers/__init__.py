"""Those who are measured beside nbmigrate; each function returns seconds by what was measured."""
