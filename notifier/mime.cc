#include "notifier/mime.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/fingerprint.h"
#include "model/incident.h"

namespace forewarn {
namespace {

constexpr size_t kAddressBytesMax = 254;
constexpr size_t kPlainHeaderMax = 200;  // longer ones are encoded, which folds them
// Of UTF-8 in one encoded word: 52 characters of base64, so that a line with `Subject: ` stays
// below 76.
constexpr size_t kEncodedBytes = 39;
constexpr size_t kBase64Line = 76;

bool IsPlain(std::string_view text) {
  return text.size() <= kPlainHeaderMax && text.find("=?") == text.npos &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

std::string FormatAddress(const MailAddress& address) {
  if (address.name.empty()) return address.address;
  std::string name = EncodeHeader(address.name);
  if (!name.starts_with("=?")) {
    std::erase_if(name, [](char c) { return c == '"' || c == '\\'; });
    name = "\"" + name + "\"";
  }
  return fmt::format("{} <{}>", name, address.address);
}

std::string Base64Lines(std::string_view text) {
  std::string encoded = EncodeBase64(text);
  std::string out;
  for (size_t i = 0; i < encoded.size(); i += kBase64Line) {
    out += encoded.substr(i, kBase64Line);
    out += "\r\n";
  }
  return out;
}

}  // namespace

StatusOr<MailAddress> ParseMailAddress(std::string_view text) {
  std::string_view address = text;
  MailAddress out;
  size_t open = text.find('<');
  if (open != text.npos && text.ends_with('>')) {
    address = text.substr(open + 1, text.size() - open - 2);
    std::string_view name = text.substr(0, open);
    while (name.ends_with(' ')) name.remove_suffix(1);
    out.name = name;
  }
  size_t at = address.find('@');
  bool good = address.size() <= kAddressBytesMax && at != address.npos && at > 0 &&
              at + 1 < address.size() && address.find('@', at + 1) == address.npos &&
              std::all_of(address.begin(), address.end(), [](char c) {
                return c > 0x20 && c < 0x7f &&
                       std::string_view("\"(),:;<>[\\]").find(c) == std::string_view::npos;
              });
  if (!good) {
    return InvalidArgument(
        fmt::format("'{}' is not an e-mail address", EncodeHeader(text.substr(0, 100))));
  }
  out.address = address;
  return out;
}

StatusOr<std::string> BuildMail(const Message& message, const MailAddress& from) {
  if (message.to.empty()) return InvalidArgument("the message has no addressee");
  std::string domain = from.address.substr(from.address.find('@') + 1);
  bool is_customer =
      message.notification != nullptr && message.notification->audience == Audience::kCustomer;
  std::string thread = fmt::format("<{}.{}@{}>", TicketName(message.ticket),
                                   is_customer ? "customer" : "support", domain);
  std::string boundary = "forewarn-" + Fingerprint::Of(message.id).ToString();

  std::string out;
  auto header = [&](std::string_view name, std::string_view value) {
    out += fmt::format("{}: {}\r\n", name, value);
  };
  header("From", FormatAddress(from));
  std::string to;
  for (const std::string& text : message.to) {
    FW_ASSIGN_OR_RETURN(MailAddress address, ParseMailAddress(text));
    if (!to.empty()) to += ",\r\n ";
    to += FormatAddress(address);
  }
  header("To", to);
  if (!message.reply_to.empty()) {
    FW_ASSIGN_OR_RETURN(MailAddress address, ParseMailAddress(message.reply_to));
    header("Reply-To", FormatAddress(address));
  }
  header("Subject", EncodeHeader(message.subject));
  if (message.notification != nullptr)
    header("Date", FormatMailDate(message.notification->created_at));
  header("Message-ID", fmt::format("<{}@{}>", message.id, domain));
  header("In-Reply-To", thread);
  header("References", thread);
  header("Auto-Submitted", "auto-generated");
  header("X-Forewarn-Delivery", message.id);
  header("X-Forewarn-Ticket", TicketName(message.ticket));
  header("MIME-Version", "1.0");
  header("Content-Type", fmt::format("multipart/alternative; boundary=\"{}\"", boundary));
  for (const auto& [type, text] :
       {std::pair<std::string_view, const std::string&>("plain", message.text),
        std::pair<std::string_view, const std::string&>("html", message.html)}) {
    out += fmt::format("\r\n--{}\r\n", boundary);
    header("Content-Type", fmt::format("text/{}; charset=utf-8", type));
    header("Content-Transfer-Encoding", "base64");
    out += "\r\n" + Base64Lines(text);
  }
  out += fmt::format("\r\n--{}--\r\n", boundary);
  return out;
}

std::string EncodeHeader(std::string_view text) {
  std::string clean(text);
  for (char& c : clean) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  if (IsPlain(clean)) return clean;
  std::string out;
  std::string_view rest = clean;
  while (!rest.empty()) {
    size_t end = std::min(rest.size(), kEncodedBytes);
    while (end > 1 && end < rest.size() && IsContinuation(rest[end])) --end;
    if (!out.empty()) out += "\r\n ";
    out += fmt::format("=?UTF-8?B?{}?=", EncodeBase64(rest.substr(0, end)));
    rest.remove_prefix(end);
  }
  return out;
}

std::string EncodeBase64(std::string_view bytes) {
  static constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    size_t count = std::min<size_t>(3, bytes.size() - i);
    for (size_t j = 0; j < 3; ++j) {
      group = group << 8 | (j < count ? static_cast<unsigned char>(bytes[i + j]) : 0u);
    }
    for (size_t j = 0; j < 4; ++j) out += j <= count ? kDigits[group >> (18 - 6 * j) & 63] : '=';
  }
  return out;
}

std::string FormatMailDate(Timestamp at) {
  using namespace std::chrono;
  static constexpr std::string_view kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::string_view kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  auto day = floor<days>(at);
  year_month_day date(day);
  auto rest = floor<seconds>(at - day).count();
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} +0000", kDays[weekday(day).c_encoding()],
                     static_cast<unsigned>(date.day()),
                     kMonths[static_cast<unsigned>(date.month()) - 1],
                     static_cast<int>(date.year()), rest / 3600, rest / 60 % 60, rest % 60);
}

}  // namespace forewarn
