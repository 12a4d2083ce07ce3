"""What makes a draft a map that breaks no rule: one small repair per module, all on one working form of the map."""
