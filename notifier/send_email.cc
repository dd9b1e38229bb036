// E-mail through a server (RFC 5321): what the server refuses for good is dead, everything else is
// tried again, also what only a person can mend (a wrong password, an expired certificate): a
// warning must not be lost to a setting.

#include <fmt/format.h>

#include "base/file.h"
#include "notifier/curl.h"
#include "notifier/mime.h"
#include "notifier/receiver.h"

namespace forewarn {
namespace {

constexpr size_t kPasswordBytesMax = 4096;

bool IsThisMachine(const std::string& host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

class EmailSender : public Sender {
 public:
  EmailSender(SmtpOptions options, Courier& courier)
      : options_(std::move(options)), courier_(courier) {}

  Delivery Send(const Message& message) override {
    if (options_.host.empty()) {
      return Dead("e-mail is off: the collector's settings name no smtp host");
    }
    SmtpMail mail;
    mail.host = options_.host;
    mail.port = static_cast<long>(options_.port);
    mail.ca_file = options_.ca_file;
    mail.timeout = options_.timeout;
    if (options_.tls == "starttls") {
      mail.tls = SmtpMail::Tls::kStartTls;
    } else if (options_.tls == "implicit") {
      mail.tls = SmtpMail::Tls::kImplicit;
    } else if (options_.tls == "none" && IsThisMachine(options_.host)) {
      mail.tls = SmtpMail::Tls::kNone;
    } else {
      return Dead(fmt::format("smtp tls '{}' is not allowed for {}: use starttls or implicit",
                              options_.tls, options_.host));
    }

    StatusOr<MailAddress> from = ParseMailAddress(options_.from);
    if (!from.ok()) return Dead("smtp from: " + from.status().message());
    StatusOr<std::string> text = BuildMail(message, *from);
    if (!text.ok()) return Dead(text.status().message());
    mail.mail = *std::move(text);
    mail.from = from->address;
    for (const std::string& to : message.to) {
      StatusOr<MailAddress> address = ParseMailAddress(to);
      if (!address.ok()) return Dead(address.status().message());
      mail.to.push_back(address->address);
    }
    if (!options_.user.empty()) {
      StatusOr<std::string> password = ReadFile(options_.password_file, kPasswordBytesMax);
      if (!password.ok())
        return {Delivery::Result::kRetry, "smtp password: " + password.status().message()};
      while (password->ends_with('\n') || password->ends_with('\r')) password->pop_back();
      mail.user = options_.user;
      mail.password = *std::move(password);
    }

    SmtpAnswer answer = courier_.SendMail(mail);
    std::string detail = answer.detail.substr(0, kDetailBytesMax);
    if (answer.delivered) return {Delivery::Result::kDelivered, std::move(detail)};
    if (answer.login_refused) {
      return {Delivery::Result::kRetry,
              fmt::format("{} refused the login of {}: {}", mail.host, mail.user, detail)};
    }
    bool is_final = answer.reply >= 500 && answer.reply < 600;
    return {is_final ? Delivery::Result::kDead : Delivery::Result::kRetry, std::move(detail)};
  }

 private:
  static Delivery Dead(std::string why) { return {Delivery::Result::kDead, std::move(why)}; }

  const SmtpOptions options_;
  Courier& courier_;
};

}  // namespace

std::unique_ptr<Sender> MakeEmailSender(const Receiver&, const SmtpOptions& options,
                                        Courier& courier) {
  return std::make_unique<EmailSender>(options, courier);
}

}  // namespace forewarn
