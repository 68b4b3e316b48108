"""What is learnt from many entities: event logs read, mapped and checked against a machine."""
