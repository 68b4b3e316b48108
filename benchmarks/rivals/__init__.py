"""Other libraries going durable steps of the ticket, each with the store it brings."""
