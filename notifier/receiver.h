#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "base/time.h"
#include "model/bundle.h"
#include "model/notification.h"

namespace forewarn {

class Courier;

// A message as it leaves: rendered in the reader's language.
struct Message {
  std::string id;  // idempotency key: Message-ID, X-Forewarn-Delivery
  uint64_t ticket = 0;
  std::string subject;
  std::string text;  // plain, UTF-8, lines of any length
  std::string html;
  std::vector<std::string> to;
  std::string reply_to;                        // the person to turn to, or empty
  const Notification* notification = nullptr;  // a loan for the length of the call
};

// The longest text of a receipt or refusal that is kept.
inline constexpr size_t kDetailBytesMax = 300;

// What one attempt came to. `detail` never holds a secret.
struct Delivery {
  enum class Result { kDelivered, kRetry, kDead };
  Result result = Result::kDelivered;
  std::string detail;       // the other side's receipt or refusal
  Duration retry_after{0};  // what the other side asked for; 0: nothing
};

// Where messages go: one object for each receiver in the bundle. Send() blocks for at most its
// time-out and may be called by one thread at a time. The same message may be sent twice; its id is
// then the same. A new kind is a send_*.cc, a Make…() here and a line in MakeSender().
class Sender {
 public:
  virtual ~Sender() = default;
  virtual Delivery Send(const Message& message) = 0;
};

// The e-mail server, from the collector's settings.
struct SmtpOptions {
  std::string host;  // empty: e-mail is off, and sending is kDead with a sentence that says so
  int64_t port = 587;
  std::string tls = "starttls";  // starttls, implicit, or none (loopback only)
  std::string ca_file;           // empty: the system's
  std::string user;
  std::string password_file;
  std::string from = "forewarn@localhost";
  Duration timeout = 10s;
};

// What webhooks may reach. Addresses of one's own network are refused unless allowed, also those
// that a name resolves to, since a URL in a bundle must not become a way into the collector's
// network.
struct WebhookOptions {
  bool allow_private_addresses = false;
  bool allow_http = false;
  std::string ca_file = {};  // empty: the system's
  Duration timeout = 5s;
};

// `options.tls = none` is taken only for a host that is this machine; passwords and keys are read
// from their files at each Send, so that a new one counts at once. `courier` is a loan that outlives the
// sender; of those that share one, a single thread may send at a time.
std::unique_ptr<Sender> MakeEmailSender(const Receiver& receiver, const SmtpOptions& options,
                                        Courier& courier);
std::unique_ptr<Sender> MakeWebhookSender(const Receiver& receiver, const WebhookOptions& options,
                                          Courier& courier);

// The sender for the receiver's kind.
std::unique_ptr<Sender> MakeSender(const Receiver& receiver, const SmtpOptions& smtp,
                                   const WebhookOptions& webhook, Courier& courier);

}  // namespace forewarn
