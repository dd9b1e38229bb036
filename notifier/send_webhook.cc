// The generic webhook: docs/reference/webhook.md is its specification.

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <charconv>

#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/units.h"
#include "model/incident.h"
#include "notifier/curl.h"
#include "notifier/receiver.h"

namespace forewarn {
namespace {

constexpr size_t kKeyBytesMax = 4096;
constexpr Duration kRetryAfterMax = 1h;

std::string BodyOf(const Message& message) {
  const Notification& notification = *message.notification;
  nlohmann::ordered_json body;
  body["version"] = "forewarn.v1";
  body["id"] = message.id;
  body["template"] = notification.template_id;
  body["audience"] = notification.audience == Audience::kCustomer ? "customer" : "support";
  body["ticket"] = TicketName(message.ticket);
  body["customer"] = notification.customer;
  body["created_at"] = FormatTime(notification.created_at);
  body["locale"] = notification.locale;
  body["subject"] = message.subject;
  body["text"] = message.text;
  body["facts"] = nlohmann::ordered_json::object();
  for (const auto& [name, value] : notification.facts) body["facts"][name] = value;
  // Telemetry may hold bytes that are not UTF-8; JSON may not.
  return body.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::string HmacSha256(std::string_view key, std::string_view bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  FW_CHECK(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
                reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest,
                &size) != nullptr);
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) hex += fmt::format("{:02x}", digest[i]);
  return hex;
}

// Whole seconds; a date would need a clock, and our own back-off is good enough then.
Duration ParseRetryAfter(std::string_view text) {
  int64_t seconds = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size() || seconds < 0) return Duration(0);
  return seconds > kRetryAfterMax / 1s ? kRetryAfterMax : std::chrono::seconds(seconds);
}

std::string OneLine(std::string_view text) {
  std::string out(text.substr(0, kDetailBytesMax));
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return out;
}

class WebhookSender : public Sender {
 public:
  WebhookSender(const Receiver& receiver, const WebhookOptions& options, Courier& courier)
      : url_(receiver.url),
        secret_file_(receiver.secret_file),
        options_(options),
        courier_(courier) {}

  Delivery Send(const Message& message) override {
    HttpPost post;
    post.url = url_;
    post.body = BodyOf(message);
    post.ca_file = options_.ca_file;
    post.timeout = options_.timeout;
    post.allow_http = options_.allow_http;
    post.allow_private_addresses = options_.allow_private_addresses;
    post.headers = {{"Content-Type", "application/json; charset=utf-8"},
                    {"User-Agent", "forewarn"},
                    {"X-Forewarn-Delivery", message.id}};
    if (!secret_file_.empty()) {
      StatusOr<std::string> key = ReadFile(secret_file_, kKeyBytesMax);
      if (!key.ok()) return {Delivery::Result::kRetry, "webhook key: " + key.status().message()};
      while (key->ends_with('\n') || key->ends_with('\r')) key->pop_back();
      if (key->empty()) {
        return {Delivery::Result::kRetry, fmt::format("webhook key: {} is empty", secret_file_)};
      }
      post.headers.emplace_back("X-Forewarn-Signature", "sha256=" + HmacSha256(*key, post.body));
    }

    StatusOr<HttpAnswer> answer = courier_.Post(post);
    if (!answer.ok()) {
      bool may_pass = answer.status().code() == Code::kUnavailable;
      return {may_pass ? Delivery::Result::kRetry : Delivery::Result::kDead,
              OneLine(answer.status().message())};
    }
    std::string detail = fmt::format("HTTP {}", answer->status);
    if (answer->status >= 200 && answer->status < 300)
      return {Delivery::Result::kDelivered, detail};
    if (answer->status >= 300 && answer->status < 400) {
      return {Delivery::Result::kDead,
              detail + ": redirects are not followed; give the receiver its final url"};
    }
    if (!answer->body.empty()) detail += ": " + OneLine(answer->body);
    bool may_pass = answer->status == 408 || answer->status == 429 || answer->status >= 500;
    return {may_pass ? Delivery::Result::kRetry : Delivery::Result::kDead,
            detail.substr(0, kDetailBytesMax), ParseRetryAfter(answer->retry_after)};
  }

 private:
  const std::string url_;
  const std::string secret_file_;
  const WebhookOptions options_;
  Courier& courier_;
};

}  // namespace

std::unique_ptr<Sender> MakeWebhookSender(const Receiver& receiver, const WebhookOptions& options,
                                          Courier& courier) {
  return std::make_unique<WebhookSender>(receiver, options, courier);
}

std::unique_ptr<Sender> MakeSender(const Receiver& receiver, const SmtpOptions& smtp,
                                   const WebhookOptions& webhook, Courier& courier) {
  switch (receiver.kind) {
    case Receiver::Kind::kEmail: return MakeEmailSender(receiver, smtp, courier);
    case Receiver::Kind::kWebhook: return MakeWebhookSender(receiver, webhook, courier);
  }
  return nullptr;
}

}  // namespace forewarn
