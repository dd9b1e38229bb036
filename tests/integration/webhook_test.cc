// The webhook sender against a real HTTP server (tests/integration/webhook_sink.py), which checks
// the signature with an implementation that is not ours (Python's).

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>

#include "base/file.h"
#include "notifier/curl.h"
#include "notifier/receiver.h"
#include "tests/integration/child.h"

namespace forewarn {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Result = Delivery::Result;

class WebhookSender : public ::testing::Test {
 protected:
  WebhookSender() {
    char folder[] = "/tmp/forewarn-webhook-XXXXXX";
    EXPECT_NE(mkdtemp(folder), nullptr);
    folder_ = folder;
    EXPECT_TRUE(WriteFileAtomically(folder_ + "/key", "open sesame\n", 0600).ok());
    notification_.template_id = "ticket.opened";
    notification_.customer = "acme";
    notification_.facts = {{"label.mountpoint", "/data \"x\" \xff"}, {"title", "磁盘"}};
    message_.id = "7-42-0";
    message_.ticket = 71;
    message_.subject = "磁盘";
    message_.text = "line\n";
    message_.notification = &notification_;
  }
  ~WebhookSender() override { std::filesystem::remove_all(folder_); }

  static std::vector<std::string> Sink(std::vector<std::string> more) {
    std::vector<std::string> out = {
        "/usr/bin/python3", "-B",
        std::string(FW_SOURCE_DIR) + "/tests/integration/webhook_sink.py"};
    out.insert(out.end(), more.begin(), more.end());
    return out;
  }
  std::string Pem(const std::string& name) const { return folder_ + "/" + name + ".pem"; }
  // For localhost, and the authority of itself.
  void MakeCertificate(const std::string& name) const {
    ASSERT_TRUE(RunProgram({"/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                            "ec_paramgen_curve:P-256", "-nodes", "-keyout", Pem(name + "-key"),
                            "-out", Pem(name), "-days", "2", "-subj", "/CN=localhost", "-addext",
                            "subjectAltName=DNS:localhost"}));
  }

  Delivery Send(int64_t port,
                WebhookOptions options = {.allow_private_addresses = true, .allow_http = true}) {
    return Send(port, options, courier_);
  }
  Delivery Send(int64_t port, WebhookOptions options, Courier& courier) {
    Receiver receiver;
    receiver.kind = Receiver::Kind::kWebhook;
    receiver.url = (options.allow_http ? "http" : "https") + std::string("://localhost:") +
                   std::to_string(port) + "/hook/secret-path?token=secret-query";
    receiver.secret_file = folder_ + "/key";
    return MakeWebhookSender(receiver, options, courier)->Send(message_);
  }

  std::string folder_;
  Notification notification_;
  Message message_;
  Courier courier_;
};

TEST_F(WebhookSender, PostsASignedBody) {
  Child sink(Sink({"--key", "open sesame"}));
  Delivery delivery = Send(sink.ReadPort());
  EXPECT_EQ(delivery.result, Result::kDelivered) << delivery.detail;
  EXPECT_EQ(delivery.detail, "HTTP 200");
  std::string seen = sink.ReadLine();
  EXPECT_THAT(seen, HasSubstr(R"("genuine": true)"));
  EXPECT_THAT(seen, HasSubstr(R"("path": "/hook/secret-path?token=secret-query")"));
  EXPECT_THAT(seen, HasSubstr(R"("delivery": "7-42-0")"));
  EXPECT_THAT(seen, HasSubstr(R"("version": "forewarn.v1")"));
  EXPECT_THAT(seen, HasSubstr(R"("ticket": "FW-71")"));
  EXPECT_THAT(seen, HasSubstr(R"("label.mountpoint": "/data \"x\" \ufffd")"));
}

TEST_F(WebhookSender, MessagesGoOverOneConnection) {
  Child sink(Sink({"--answers", "200,500,200"}));
  int64_t port = sink.ReadPort();
  for (Result result : {Result::kDelivered, Result::kRetry, Result::kDelivered}) {
    EXPECT_EQ(Send(port).result, result);
    EXPECT_THAT(sink.ReadLine(), HasSubstr(R"("connection": 1})"));
  }
}

// For how long a socket of this process may be idle that is connected to the port, before the other side is asked whether
// it is there still; 0: for ever, or there is no such socket.
int KeepAliveIdle(int64_t port) {
  for (int descriptor = 0; descriptor < 1024; ++descriptor) {
    sockaddr_storage peer{};
    socklen_t size = sizeof(peer);
    if (getpeername(descriptor, reinterpret_cast<sockaddr*>(&peer), &size) != 0) continue;
    uint16_t peer_port = 0;
    if (peer.ss_family == AF_INET) {
      peer_port = reinterpret_cast<const sockaddr_in*>(&peer)->sin_port;
    } else if (peer.ss_family == AF_INET6) {
      peer_port = reinterpret_cast<const sockaddr_in6*>(&peer)->sin6_port;
    }
    int is_on = 0, idle = 0;
    size = sizeof(int);
    if (ntohs(peer_port) != port ||
        getsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &is_on, &size) != 0 || is_on == 0 ||
        getsockopt(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, &idle, &size) != 0) {
      continue;
    }
    return idle;
  }
  return 0;
}

TEST_F(WebhookSender, AKeptConnectionIsAskedForBeforeAnyFirewallForgetsIt) {
  Child sink(Sink({}));
  int64_t port = sink.ReadPort();
  EXPECT_EQ(Send(port).result, Result::kDelivered);
  EXPECT_EQ(KeepAliveIdle(port), 30);
}

TEST_F(WebhookSender, AConnectionThatTheOtherSideClosedIsMadeAnew) {
  Child sink(Sink({"--hang-up"}));
  int64_t port = sink.ReadPort();
  for (const char* connection :
       {R"("connection": 1})", R"("connection": 2})", R"("connection": 3})"}) {
    EXPECT_EQ(Send(port).result, Result::kDelivered);
    EXPECT_THAT(sink.ReadLine(), HasSubstr(connection));
  }
}

TEST_F(WebhookSender, ACertificateIsVerifiedWithAuthoritiesThatAreKept) {
  MakeCertificate("cert");
  Child sink(Sink({"--cert", Pem("cert"), "--key-file", Pem("cert-key"), "--hang-up"}));
  int64_t port = sink.ReadPort();
  Delivery delivery = Send(port, {.allow_private_addresses = true});
  EXPECT_EQ(delivery.result, Result::kRetry);
  EXPECT_THAT(delivery.detail, HasSubstr("certificate"));
  const WebhookOptions known = {.allow_private_addresses = true, .ca_file = Pem("cert")};
  EXPECT_EQ(Send(port, known).result, Result::kDelivered);
  std::filesystem::remove(Pem("cert"));
  delivery = Send(port, known);
  EXPECT_EQ(delivery.result, Result::kDelivered) << delivery.detail;
}

TEST_F(WebhookSender, AnAuthorityThatIsTakenOutOfTheFileIsSoonNoLongerTrusted) {
  MakeCertificate("cert");
  MakeCertificate("another");
  std::filesystem::copy(Pem("cert"), Pem("authorities"));
  Child sink(Sink({"--cert", Pem("cert"), "--key-file", Pem("cert-key")}));
  int64_t port = sink.ReadPort();
  Courier courier(2s);
  const WebhookOptions options = {.allow_private_addresses = true, .ca_file = Pem("authorities")};
  ASSERT_EQ(Send(port, options, courier).result, Result::kDelivered);
  std::filesystem::rename(Pem("another"), Pem("authorities"));
  // Messages that follow each other closely, so that the connection is never idle.
  const auto end = std::chrono::steady_clock::now() + 20s;
  Delivery delivery;
  do {
    sink.ReadLine();
    delivery = Send(port, options, courier);
  } while (delivery.result == Result::kDelivered && std::chrono::steady_clock::now() < end);
  EXPECT_EQ(delivery.result, Result::kRetry);
  EXPECT_THAT(delivery.detail, HasSubstr("certificate"));
}

TEST_F(WebhookSender, ACertificateIsVerifiedForEachConnection) {
  MakeCertificate("cert");
  Child sink(Sink({"--cert", Pem("cert"), "--key-file", Pem("cert-key"), "--hang-up"}));
  int64_t port = sink.ReadPort();
  for (int connection = 1; connection <= 2; ++connection) {
    EXPECT_EQ(Send(port, {.allow_private_addresses = true, .ca_file = Pem("cert")}).result,
              Result::kDelivered);
    EXPECT_THAT(sink.ReadLine(), HasSubstr(R"("resumed": false)"));
  }
}

TEST_F(WebhookSender, AConnectionIsNotUsedWhereItMayNoLongerGo) {
  Child sink(Sink({}));
  int64_t port = sink.ReadPort();
  EXPECT_EQ(Send(port).result, Result::kDelivered);
  Delivery delivery = Send(port, {.allow_http = true});
  EXPECT_EQ(delivery.result, Result::kDead);
  EXPECT_THAT(delivery.detail, HasSubstr("private network"));
}

TEST_F(WebhookSender, AnotherKeyMakesAnotherSignature) {
  Child sink(Sink({"--key", "open barley"}));
  Send(sink.ReadPort());
  EXPECT_THAT(sink.ReadLine(), HasSubstr(R"("genuine": false)"));
}

TEST_F(WebhookSender, AFailureOfTheOtherSideIsTriedAgainWithTheSameId) {
  Child sink(Sink({"--answers", "500,429,200", "--retry-after", "7"}));
  int64_t port = sink.ReadPort();
  Delivery first = Send(port);
  EXPECT_EQ(first.result, Result::kRetry);
  EXPECT_EQ(first.detail, "HTTP 500: reason");
  EXPECT_EQ(first.retry_after, 7s);
  EXPECT_EQ(Send(port).result, Result::kRetry);
  EXPECT_EQ(Send(port).result, Result::kDelivered);
  for (int i = 0; i < 3; ++i) EXPECT_THAT(sink.ReadLine(), HasSubstr(R"("delivery": "7-42-0")"));
}

TEST_F(WebhookSender, ARetryAfterIsBoundedAndNonsenseIgnored) {
  for (const auto& [given, taken] : {std::pair<std::string, Duration>("999999999", 1h),
                                     {"-5", 0s},
                                     {"soon", 0s},
                                     {"99999999999999999999999", 0s},
                                     {"Wed, 21 Oct 2026 07:28:00 GMT", 0s}}) {
    Child sink(Sink({"--answers", "503", "--retry-after=" + given}));
    EXPECT_EQ(Send(sink.ReadPort()).retry_after, taken) << given;
  }
}

TEST_F(WebhookSender, ARefusalIsFinal) {
  Child sink(Sink({"--answers", "400"}));
  Delivery delivery = Send(sink.ReadPort());
  EXPECT_EQ(delivery.result, Result::kDead);
  EXPECT_EQ(delivery.detail, "HTTP 400: reason");
}

TEST_F(WebhookSender, ARedirectIsNotFollowed) {
  Child target(Sink({}));
  std::string location = "http://localhost:" + std::to_string(target.ReadPort()) + "/";
  Child sink(Sink({"--answers", "302", "--location", location}));
  Delivery delivery = Send(sink.ReadPort());
  EXPECT_EQ(delivery.result, Result::kDead);
  EXPECT_THAT(delivery.detail, HasSubstr("redirects are not followed"));
}

TEST_F(WebhookSender, APrivateAddressIsRefusedThoughSomebodyListensThere) {
  Child sink(Sink({}));
  Delivery delivery = Send(sink.ReadPort(), {.allow_http = true});
  EXPECT_EQ(delivery.result, Result::kDead);
  EXPECT_THAT(delivery.detail, HasSubstr("localhost is an address of a private network"));
}

TEST_F(WebhookSender, NoOutcomeTellsTheSecretPartOfTheUrlOrTheKey) {
  int64_t port = 0;
  {
    Child sink(Sink({}));
    port = sink.ReadPort();
  }
  Delivery delivery = Send(port);
  EXPECT_EQ(delivery.result, Result::kRetry);
  for (const char* secret : {"secret-path", "secret-query", "sesame"}) {
    EXPECT_THAT(delivery.detail, Not(HasSubstr(secret)));
  }
}

}  // namespace
}  // namespace forewarn
