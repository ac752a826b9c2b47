"""The contract: areas, tables, rules, params, measures, levers, and the verbs derived from them. No I/O."""
