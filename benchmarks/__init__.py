"""nbmigrate beside its peers and the raw limit, in one run on one machine."""
