// The e-mail sender against a real SMTP server (tests/integration/mail_sink.py), which a parser
// that is not ours reads (Python's).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

class MailSender : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    char folder[] = "/tmp/forewarn-mail-XXXXXX";
    ASSERT_NE(mkdtemp(folder), nullptr);
    folder_ = folder;
    ASSERT_TRUE(RunProgram({"/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                            "ec_paramgen_curve:P-256", "-nodes", "-keyout", folder_ + "/key.pem",
                            "-out", folder_ + "/cert.pem", "-days", "2", "-subj", "/CN=localhost",
                            "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"}));
    ASSERT_TRUE(WriteFileAtomically(folder_ + "/password", "correct horse\n", 0600).ok());
    ASSERT_TRUE(WriteFileAtomically(folder_ + "/wrong", "battery staple\n", 0600).ok());
  }
  static void TearDownTestSuite() { std::filesystem::remove_all(folder_); }

  MailSender() {
    notification_.audience = Audience::kCustomer;
    message_.id = "7-42-0";
    message_.ticket = 71;
    message_.subject = "[FW-71] 磁盘 /data 预计约 3 小时 12 分钟后写满，请尽快处理";
    message_.text = "第一行\nA line of text.\n.\nAfter a lone dot.\n";
    message_.html = "<p>第一行</p>\n";
    message_.to = {"ops@acme.example.com", "deputy@acme.example.com"};
    message_.notification = &notification_;
  }

  static std::vector<std::string> Sink(std::vector<std::string> more) {
    std::vector<std::string> out = {"/usr/bin/python3", "-B", "-W", "ignore",
                                    std::string(FW_SOURCE_DIR) + "/tests/integration/mail_sink.py"};
    out.insert(out.end(), more.begin(), more.end());
    return out;
  }
  static std::vector<std::string> Tls(std::vector<std::string> more = {}) {
    more.insert(more.end(), {"--cert", folder_ + "/cert.pem", "--key", folder_ + "/key.pem"});
    return Sink(more);
  }
  static std::vector<std::string> Login() {
    return Tls({"--user", "forewarn", "--password", "correct horse"});
  }
  SmtpOptions Options(Child& sink) {
    SmtpOptions options;
    options.host = "localhost";
    options.port = sink.ReadPort();
    options.ca_file = folder_ + "/cert.pem";
    options.from = "Forewarn <forewarn@vendor.example.com>";
    return options;
  }
  Delivery Send(const SmtpOptions& options) {
    return MakeEmailSender(Receiver(), options, courier_)->Send(message_);
  }

  static inline std::string folder_;
  Notification notification_;
  Message message_;
  Courier courier_;
};

TEST_F(MailSender, DeliversOverStartTlsWithALogin) {
  Child sink(Login());
  SmtpOptions options = Options(sink);
  options.user = "forewarn";
  options.password_file = folder_ + "/password";
  Delivery delivery = Send(options);
  EXPECT_EQ(delivery.result, Result::kDelivered) << delivery.detail;
  EXPECT_THAT(sink.ReadLine(),
              HasSubstr("from forewarn@vendor.example.com to ops@acme.example.com, "
                        "deputy@acme.example.com over TLS"));
  EXPECT_EQ(sink.ReadLine(), "From: Forewarn <forewarn@vendor.example.com>");
  EXPECT_EQ(sink.ReadLine(), "To: ops@acme.example.com, deputy@acme.example.com");
  EXPECT_EQ(sink.ReadLine(), "Subject: " + message_.subject);
  EXPECT_THAT(sink.ReadLine(), HasSubstr("Date: Thu, 01 Jan 1970 00:00:00 "));
  EXPECT_EQ(sink.ReadLine(), "Message-ID: <7-42-0@vendor.example.com>");
  EXPECT_EQ(sink.ReadLine(), "In-Reply-To: <FW-71.customer@vendor.example.com>");
  EXPECT_EQ(sink.ReadLine(), "Auto-Submitted: auto-generated");
  EXPECT_EQ(sink.ReadLine(), "X-Forewarn-Delivery: 7-42-0");
  EXPECT_EQ(sink.ReadLine(), "");
  for (const char* line : {"第一行", "A line of text.", ".", "After a lone dot."})
    EXPECT_EQ(sink.ReadLine(), line);
}

TEST_F(MailSender, TheAuthoritiesThatItTrustsAreKept) {
  const std::string authorities = folder_ + "/authorities.pem";
  std::filesystem::copy_file(folder_ + "/cert.pem", authorities);
  Child sink(Tls());
  SmtpOptions options = Options(sink);
  options.ca_file = authorities;
  EXPECT_EQ(Send(options).result, Result::kDelivered);
  std::filesystem::remove(authorities);
  Delivery delivery = Send(options);
  EXPECT_EQ(delivery.result, Result::kDelivered) << delivery.detail;
}

TEST_F(MailSender, DeliversOverImplicitTls) {
  Child sink(Tls({"--implicit-tls"}));
  SmtpOptions options = Options(sink);
  options.tls = "implicit";
  Delivery delivery = Send(options);
  EXPECT_EQ(delivery.result, Result::kDelivered) << delivery.detail;
}

TEST_F(MailSender, DeliversWithoutTlsToThisMachineOnly) {
  Child sink(Sink({}));
  SmtpOptions options = Options(sink);
  options.tls = "none";
  EXPECT_EQ(Send(options).result, Result::kDelivered);
}

TEST_F(MailSender, SendsNothingToAServerWithoutStartTls) {
  Child sink(Sink({}));
  Delivery delivery = Send(Options(sink));
  EXPECT_EQ(delivery.result, Result::kRetry);
  EXPECT_THAT(delivery.detail, HasSubstr("STARTTLS"));
}

TEST_F(MailSender, SendsNothingToAServerItCannotTrust) {
  Child sink(Tls());
  SmtpOptions options = Options(sink);
  options.ca_file = "";
  Delivery delivery = Send(options);
  EXPECT_EQ(delivery.result, Result::kRetry);
  EXPECT_THAT(delivery.detail, HasSubstr("certificate"));
}

TEST_F(MailSender, AWrongPasswordIsSaidWithoutSayingThePassword) {
  Child sink(Login());
  SmtpOptions options = Options(sink);
  options.user = "forewarn";
  options.password_file = folder_ + "/wrong";
  Delivery delivery = Send(options);
  EXPECT_EQ(delivery.result, Result::kRetry) << "a person can mend it";
  EXPECT_THAT(delivery.detail, HasSubstr("refused the login of forewarn"));
  EXPECT_THAT(delivery.detail, HasSubstr("535"));
  EXPECT_THAT(delivery.detail, Not(HasSubstr("battery")));
}

TEST_F(MailSender, ATemporaryRefusalIsTriedAgainAndThenDelivered) {
  Child sink(Tls({"--refuse-first", "1", "--refuse-with", "451 4.3.0 come back later"}));
  SmtpOptions options = Options(sink);
  Delivery first = Send(options);
  EXPECT_EQ(first.result, Result::kRetry);
  EXPECT_EQ(first.detail, "451 4.3.0 come back later");
  Delivery second = Send(options);
  EXPECT_EQ(second.result, Result::kDelivered) << second.detail;
  EXPECT_THAT(second.detail, HasSubstr("250 2.0.0 kept as 000001"));
}

TEST_F(MailSender, AFinalRefusalIsFinal) {
  Child sink(Tls({"--refuse-first", "9", "--refuse-with", "554 5.7.1 we do not want this"}));
  Delivery delivery = Send(Options(sink));
  EXPECT_EQ(delivery.result, Result::kDead);
  EXPECT_EQ(delivery.detail, "554 5.7.1 we do not want this");
}

TEST_F(MailSender, AnAddressThatTheServerRefusesDoesNotKeepTheMailFromTheOthers) {
  Child sink(Tls({"--refuse-to", "ops@acme.example.com"}));
  Delivery delivery = Send(Options(sink));
  EXPECT_EQ(delivery.result, Result::kDelivered);
  EXPECT_THAT(delivery.detail, HasSubstr("but for somebody: 550 5.1.1 no such mailbox"));
  EXPECT_THAT(sink.ReadLine(), HasSubstr("to deputy@acme.example.com over TLS"));
}

TEST_F(MailSender, AServerThatIsNotThereIsTriedAgain) {
  SmtpOptions options;
  options.host = "127.0.0.1";
  {
    Child sink(Sink({}));
    options.port = sink.ReadPort();
  }
  Delivery delivery = Send(options);
  EXPECT_EQ(delivery.result, Result::kRetry);
  EXPECT_THAT(delivery.detail, HasSubstr("127.0.0.1:" + std::to_string(options.port)));
}

}  // namespace
}  // namespace forewarn
