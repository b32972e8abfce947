"""Reads one alert by e-mail from standard input, as a mail server's filter gets it.

python mail_reader.py < letter.eml
"""

import sys
from email import message_from_binary_file
from email.policy import default

if __name__ == "__main__":
    letter = message_from_binary_file(sys.stdin.buffer, policy=default)
    body = letter.get_body(("plain",))
    print(letter["X-Safe-Passage-Alert"], letter["Subject"])
    print("" if body is None else body.get_content())
