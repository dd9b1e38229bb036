#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "base/time.h"

namespace forewarn {

// The notifier's way to other machines, and the only one: libcurl is included in its source alone.
// Calls block for at most their time-out and follow no redirect. Errors and details never hold a
// password, a key, or the secret part of a URL (its path and query).

struct HttpPost {
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::string ca_file;  // empty: the system's
  Duration timeout{0};
  bool allow_http = false;  // else https only
  bool allow_private_addresses =
      false;  // else only addresses of the public internet, as connected to
};

struct HttpAnswer {
  long status = 0;
  std::string body;         // its beginning, at most 4 KiB
  std::string retry_after;  // the header's value as it came, or empty
};

struct SmtpMail {
  std::string host;
  long port = 0;
  enum class Tls {
    kStartTls,
    kImplicit,
    kNone
  } tls = Tls::kStartTls;  // kStartTls: or nothing is sent
  std::string ca_file;     // empty: the system's
  std::string user;        // empty: no AUTH
  std::string password;
  std::string from;  // bare addresses
  std::vector<std::string> to;
  std::string mail;  // as it goes after DATA; lines end with \r\n
  Duration timeout{0};
};

struct SmtpAnswer {
  bool delivered = false;  // the server took it, for at least one addressee
  bool login_refused = false;
  long reply = 0;      // the last reply's code: 250, 451, 550, …; 0: it failed without a refusal
  std::string detail;  // the last reply, the refusals, or why there was neither
};

// Carries both, and keeps what spares the next call time: the authorities that certificates are
// verified with, of which the system's file takes 20 ms of CPU to read; of HTTP names for a minute
// and a few connections, which are not used again after two minutes without a call, nor under other
// permissions than those they were made under. What the file of authorities no longer holds is
// trusted for about `trusted` at most: half of it they are kept, and half of it lasts a connection that
// was verified with them; no TLS session is resumed. Each mail has a connection of its own, since servers end theirs
// sooner and bound what goes over one. Used by one thread at a time.
class Courier {
 public:
  explicit Courier(std::chrono::seconds trusted = 1h);  // 2 s or more
  ~Courier();

  // kInvalidArgument for a URL that cannot be, or must not be used; kPermissionDenied for a private
  // address; kUnavailable when there was no answer. On a kept connection that the other side has
  // closed meanwhile the request is sent again on a new one; so it may arrive twice.
  StatusOr<HttpAnswer> Post(const HttpPost& request);

  SmtpAnswer SendMail(const SmtpMail& mail);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Whether an address (of either family, in text) lies in no network that is somebody's own:
// loopback, private, link-local, unique local, carrier NAT, multicast, documentation and the like,
// also as IPv4 inside IPv6.
bool IsPublicAddress(const std::string& address);

}  // namespace forewarn
