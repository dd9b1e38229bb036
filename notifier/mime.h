#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "base/time.h"
#include "notifier/receiver.h"

namespace forewarn {

// `Support <a@example.com>` or `a@example.com`. Printable ASCII without space, quotes, brackets, commas; one @
// with something on both sides; at most 254 bytes. Everything else is refused, line breaks above all.
struct MailAddress {
  std::string name;  // UTF-8, or empty
  std::string address;
};
StatusOr<MailAddress> ParseMailAddress(std::string_view text);

// A whole mail (RFC 5322): multipart/alternative of plain text and HTML in UTF-8, base64. What may be other
// people's words (subject, names) is encoded when it is not plain ASCII (RFC 2047) and can never end a
// header. The same message gives the same bytes, Message-ID and boundary included:
//
//   Message-ID   <id@domain of the sender>
//   References,
//   In-Reply-To  <FW-192.audience@domain>: nobody's message, but the same for a ticket, so that readers thread
//   Date         when the notification was planned
//   Auto-Submitted, X-Forewarn-Delivery, X-Forewarn-Ticket
StatusOr<std::string> BuildMail(const Message& message, const MailAddress& from);

// `=?UTF-8?B?…?=` words, cut on characters' borders; plain ASCII as it is. Control
// characters become spaces.
std::string EncodeHeader(std::string_view text);

// RFC 4648, without line breaks.
std::string EncodeBase64(std::string_view bytes);

// `Fri, 01 May 2026 10:00:00 +0000`.
std::string FormatMailDate(Timestamp at);

}  // namespace forewarn
