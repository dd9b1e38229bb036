#include "notifier/curl.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <memory>
#include <string_view>

namespace forewarn {
namespace {

constexpr size_t kBodyBytesMax = 4096;
constexpr size_t kReplyBytesMax = 300;
constexpr long kConnectionsKept = 16;
constexpr std::chrono::seconds kIdleMax = 2min;
// Earlier than what is between forgets a connection: a message over one that was forgotten without a word would wait
// for the whole of its time-out.
constexpr std::chrono::seconds kKeepAliveIdle = 30s;
constexpr std::chrono::seconds kKeepAliveEvery = 10s;

struct Network {
  std::array<uint8_t, 16> prefix;
  int bits;
};

// IPv4 as IPv6-mapped (::ffff:a.b.c.d), so that one table and one comparison do.
constexpr Network V4(uint8_t a, uint8_t b, uint8_t c, uint8_t d, int bits) {
  return {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d}, 96 + bits};
}
constexpr Network V6(uint8_t a, uint8_t b, uint8_t c, uint8_t d, int bits) {
  return {{a, b, c, d, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, bits};
}

// The special-purpose registries of IANA (RFC 6890 and its successors): what is not globally
// reachable.
constexpr Network kNotPublicV4[] = {
    V4(0, 0, 0, 0, 8),      V4(10, 0, 0, 0, 8),     V4(100, 64, 0, 0, 10), V4(127, 0, 0, 0, 8),
    V4(169, 254, 0, 0, 16), V4(172, 16, 0, 0, 12),  V4(192, 0, 0, 0, 24),  V4(192, 0, 2, 0, 24),
    V4(192, 88, 99, 0, 24), V4(192, 168, 0, 0, 16), V4(198, 18, 0, 0, 15), V4(198, 51, 100, 0, 24),
    V4(203, 0, 113, 0, 24), V4(224, 0, 0, 0, 4),    V4(240, 0, 0, 0, 4),
};
// Of IPv6 only 2000::/3 is given out; inside it these are not public.
constexpr Network kPublicV6 = V6(0x20, 0, 0, 0, 3);
constexpr Network kNotPublicV6[] = {
    V6(0x20, 0x01, 0x00, 0x00, 23),  // protocol assignments, Teredo among them
    V6(0x20, 0x01, 0x0d, 0xb8, 32),  // documentation
    V6(0x20, 0x02, 0x00, 0x00, 16),  // 6to4: IPv4 inside
    V6(0x3f, 0xff, 0x00, 0x00, 20),  // documentation
};

bool Contains(const Network& network, const uint8_t* address) {
  int whole = network.bits / 8;
  if (std::memcmp(network.prefix.data(), address, static_cast<size_t>(whole)) != 0) return false;
  int rest = network.bits % 8;
  if (rest == 0) return true;
  int mask = 0xff << (8 - rest) & 0xff;
  return (network.prefix[static_cast<size_t>(whole)] & mask) == (address[whole] & mask);
}

bool IsPublic(const uint8_t* v6) {
  static constexpr Network kMapped = V4(0, 0, 0, 0, 0);
  auto holds = [&](const Network& network) { return Contains(network, v6); };
  if (Contains(kMapped, v6))
    return std::none_of(std::begin(kNotPublicV4), std::end(kNotPublicV4), holds);
  return Contains(kPublicV6, v6) &&
         std::none_of(std::begin(kNotPublicV6), std::end(kNotPublicV6), holds);
}

bool IsPublic(const sockaddr* address) {
  uint8_t v6[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (address->sa_family == AF_INET) {
    sockaddr_in in;
    std::memcpy(&in, address, sizeof(in));
    std::memcpy(v6 + 12, &in.sin_addr, 4);
    return IsPublic(v6);
  }
  if (address->sa_family != AF_INET6) return false;
  sockaddr_in6 in;
  std::memcpy(&in, address, sizeof(in));
  return IsPublic(in.sin6_addr.s6_addr);
}

struct CurlFree {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Handle = std::unique_ptr<CURL, CurlFree>;
using List = std::unique_ptr<curl_slist, CurlFree>;

Handle MakeHandle() {
  static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  FW_CHECK(ready == CURLE_OK);
  Handle handle(curl_easy_init());
  FW_CHECK(handle != nullptr);
  return handle;
}

// What holds for every call.
void SetUp(CURL* handle, Duration timeout, const std::string& ca_file,
           std::chrono::seconds authorities_kept) {
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(timeout.count()));
  curl_easy_setopt(handle, CURLOPT_PROXY, "");  // not by the environment
  curl_easy_setopt(handle, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(handle, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(handle, CURLOPT_TCP_KEEPIDLE, static_cast<long>(kKeepAliveIdle.count()));
  curl_easy_setopt(handle, CURLOPT_TCP_KEEPINTVL, static_cast<long>(kKeepAliveEvery.count()));
  if (!ca_file.empty()) curl_easy_setopt(handle, CURLOPT_CAINFO, ca_file.c_str());
  // The authorities of a file are kept only where there is no folder of them besides.
  curl_easy_setopt(handle, CURLOPT_CAPATH, nullptr);
  curl_easy_setopt(handle, CURLOPT_CA_CACHE_TIMEOUT, static_cast<long>(authorities_kept.count()));
  // Neither a connection in steady use nor a session that is resumed is verified again.
  curl_easy_setopt(handle, CURLOPT_MAXLIFETIME_CONN, static_cast<long>(authorities_kept.count()));
  curl_easy_setopt(handle, CURLOPT_SSL_SESSIONID_CACHE, 0L);
}

void Append(List& list, const std::string& line) {
  curl_slist* longer = curl_slist_append(list.get(), line.c_str());
  FW_CHECK(longer != nullptr);
  (void)list.release();
  list.reset(longer);
}

// --- HTTP. ---

struct PostState {
  bool allow_private_addresses = false;
  bool met_private_address = false;
  HttpAnswer answer;
};

// Takes back what the handle was lent for a call; it keeps its connections.
class Loans {
 public:
  explicit Loans(CURL* handle) : handle_(handle) {}
  ~Loans() { curl_easy_reset(handle_); }
  Loans(const Loans&) = delete;
  Loans& operator=(const Loans&) = delete;

 private:
  CURL* const handle_;
};

// Called with the very address that is about to be connected to: a name that resolves to something
// else the next time gains nothing.
curl_socket_t OpenSocket(void* user, curlsocktype, curl_sockaddr* address) {
  auto* state = static_cast<PostState*>(user);
  if (!state->allow_private_addresses && !IsPublic(&address->addr)) {
    state->met_private_address = true;
    return CURL_SOCKET_BAD;
  }
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

size_t TakeBody(char* data, size_t, size_t size, void* user) {
  std::string& body = static_cast<PostState*>(user)->answer.body;
  body.append(data, std::min(size, kBodyBytesMax - body.size()));
  return size;
}

size_t TakeHeader(char* data, size_t, size_t size, void* user) {
  static constexpr std::string_view kName = "retry-after:";
  std::string_view line(data, size);
  auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; };
  if (line.size() > kName.size() && std::equal(kName.begin(), kName.end(), line.begin(),
                                               [&](char b, char a) { return same(a, b); })) {
    line.remove_prefix(kName.size());
    while (!line.empty() && (line.front() == ' ' || line.front() == '\t')) line.remove_prefix(1);
    while (!line.empty() && static_cast<unsigned char>(line.back()) <= ' ') line.remove_suffix(1);
    static_cast<PostState*>(user)->answer.retry_after = line.substr(0, 64);
  }
  return size;
}

std::string UrlPart(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK) return "";
  std::string out = text;
  curl_free(text);
  return out;
}

// --- SMTP. ---

struct MailState {
  std::string_view rest;
  std::string last_reply;
  long code = 0;         // of it
  std::string refusals;  // replies of 400 and above
};

size_t GiveMail(char* buffer, size_t size, size_t count, void* user) {
  std::string_view& rest = static_cast<MailState*>(user)->rest;
  size_t bytes = rest.copy(buffer, size * count);
  rest.remove_prefix(bytes);
  return bytes;
}

// libcurl shows the server's lines as headers.
size_t TakeReply(char* data, size_t, size_t size, void* user) {
  std::string_view line(data, size);
  while (!line.empty() && static_cast<unsigned char>(line.back()) <= ' ') line.remove_suffix(1);
  if (line.starts_with("221")) return size;  // to QUIT: no news of the mail
  auto* state = static_cast<MailState*>(user);
  state->last_reply = line.substr(0, kReplyBytesMax);
  state->code = 0;
  std::from_chars(line.data(), line.data() + std::min<size_t>(line.size(), 3), state->code);
  bool is_refusal = line.starts_with('4') || line.starts_with('5');
  if (is_refusal && state->refusals.size() < kReplyBytesMax) {
    if (!state->refusals.empty()) state->refusals += "; ";
    state->refusals += state->last_reply;
  }
  return size;
}

}  // namespace

bool IsPublicAddress(const std::string& address) {
  uint8_t v6[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (inet_pton(AF_INET, address.c_str(), v6 + 12) == 1) return IsPublic(v6);
  return inet_pton(AF_INET6, address.c_str(), v6) == 1 && IsPublic(v6);
}

struct Courier::Impl {
  std::chrono::seconds authorities_kept;
  // Each has authorities of its own: a handle keeps those of one file.
  Handle http, smtp;
  // Of the connections for HTTP.
  bool allow_private_addresses = false;
};

Courier::Courier(std::chrono::seconds trusted) : impl_(std::make_unique<Impl>()) {
  FW_CHECK(trusted >= 2s);  // libcurl takes none for ever
  impl_->authorities_kept = trusted / 2;
}
Courier::~Courier() = default;

StatusOr<HttpAnswer> Courier::Post(const HttpPost& request) {
  std::unique_ptr<CURLU, CurlFree> url(curl_url());
  if (curl_url_set(url.get(), CURLUPART_URL, request.url.c_str(), CURLU_NON_SUPPORT_SCHEME) !=
      CURLUE_OK) {
    return InvalidArgument("the receiver's url is not a URL");
  }
  std::string scheme = UrlPart(url.get(), CURLUPART_SCHEME);
  std::string host = UrlPart(url.get(), CURLUPART_HOST);
  if (scheme != "https" && !(scheme == "http" && request.allow_http)) {
    return InvalidArgument(
        fmt::format("{}: the receiver's url is {}, and only https is allowed", host, scheme));
  }

  if (impl_->http == nullptr || impl_->allow_private_addresses != request.allow_private_addresses) {
    impl_->http = MakeHandle();
    impl_->allow_private_addresses = request.allow_private_addresses;
  }
  CURL* handle = impl_->http.get();
  PostState state;
  state.allow_private_addresses = request.allow_private_addresses;
  char error[CURL_ERROR_SIZE] = "";
  List headers;
  for (const auto& [name, value] : request.headers) Append(headers, name + ": " + value);
  Append(headers, "Expect:");
  Loans loans(handle);
  SetUp(handle, request.timeout, request.ca_file, impl_->authorities_kept);
  curl_easy_setopt(handle, CURLOPT_MAXCONNECTS, kConnectionsKept);
  curl_easy_setopt(handle, CURLOPT_MAXAGE_CONN, static_cast<long>(kIdleMax.count()));
  curl_easy_setopt(handle, CURLOPT_CURLU, url.get());
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(handle, CURLOPT_POST, 1L);
  curl_easy_setopt(handle, CURLOPT_POSTFIELDS, request.body.data());
  curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE,
                   static_cast<curl_off_t>(request.body.size()));
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, OpenSocket);
  curl_easy_setopt(handle, CURLOPT_OPENSOCKETDATA, &state);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, TakeBody);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &state);
  curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, TakeHeader);
  curl_easy_setopt(handle, CURLOPT_HEADERDATA, &state);
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, error);
  CURLcode code = curl_easy_perform(handle);
  if (state.met_private_address && code != CURLE_OK) {
    return PermissionDenied(
        fmt::format("{} is an address of a private network; webhooks reach those only when the "
                    "collector's settings allow it",
                    host));
  }
  if (code != CURLE_OK) {
    return Unavailable(
        fmt::format("{}: {}", host, *error != '\0' ? error : curl_easy_strerror(code)));
  }
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &state.answer.status);
  return std::move(state.answer);
}

SmtpAnswer Courier::SendMail(const SmtpMail& mail) {
  if (impl_->smtp == nullptr) impl_->smtp = MakeHandle();
  CURL* handle = impl_->smtp.get();
  MailState state{mail.mail, "", 0, ""};
  char error[CURL_ERROR_SIZE] = "";
  bool implicit = mail.tls == SmtpMail::Tls::kImplicit;
  // An address of IPv6 stands in brackets in a URL.
  std::string host = mail.host.find(':') == std::string::npos ? mail.host : "[" + mail.host + "]";
  std::string url = fmt::format("{}://{}:{}", implicit ? "smtps" : "smtp", host, mail.port);
  List to;
  for (const std::string& address : mail.to) Append(to, "<" + address + ">");
  std::string from = "<" + mail.from + ">";
  Loans loans(handle);
  SetUp(handle, mail.timeout, mail.ca_file, impl_->authorities_kept);
  curl_easy_setopt(handle, CURLOPT_FORBID_REUSE, 1L);
  curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl_easy_setopt(handle, CURLOPT_USE_SSL,
                   mail.tls == SmtpMail::Tls::kNone ? CURLUSESSL_NONE : CURLUSESSL_ALL);
  if (!mail.user.empty()) {
    curl_easy_setopt(handle, CURLOPT_USERNAME, mail.user.c_str());
    curl_easy_setopt(handle, CURLOPT_PASSWORD, mail.password.c_str());
  }
  curl_easy_setopt(handle, CURLOPT_MAIL_FROM, from.c_str());
  curl_easy_setopt(handle, CURLOPT_MAIL_RCPT, to.get());
  // One contact's full mailbox must not keep the warning from the other.
  curl_easy_setopt(handle, CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L);
  curl_easy_setopt(handle, CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(handle, CURLOPT_READFUNCTION, GiveMail);
  curl_easy_setopt(handle, CURLOPT_READDATA, &state);
  curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, TakeReply);
  curl_easy_setopt(handle, CURLOPT_HEADERDATA, &state);
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, error);
  CURLcode code = curl_easy_perform(handle);

  SmtpAnswer answer;
  answer.delivered = code == CURLE_OK;
  answer.reply = state.code;
  answer.login_refused = code == CURLE_LOGIN_DENIED;
  if (answer.delivered) {
    answer.detail = state.last_reply;
    if (!state.refusals.empty()) answer.detail += " (but for somebody: " + state.refusals + ")";
  } else if (!state.refusals.empty()) {
    answer.detail = state.refusals;
  } else {
    // No refusal's words: why the conversation ended, or never began.
    answer.reply = 0;
    answer.detail = fmt::format("{}:{}: {}", mail.host, mail.port,
                                *error != '\0' ? error : curl_easy_strerror(code));
  }
  return answer;
}

}  // namespace forewarn
