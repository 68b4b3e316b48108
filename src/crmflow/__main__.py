"""`python -m crmflow` is the command line."""

from crmflow.cli import main

if __name__ == "__main__":
    main()
