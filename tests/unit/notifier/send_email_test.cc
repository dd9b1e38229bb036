// What the sender decides before it talks to anybody; tests/integration talks to a real server.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "notifier/curl.h"
#include "notifier/receiver.h"

namespace forewarn {
namespace {

using ::testing::HasSubstr;

Message MakeMessage() {
  Message message;
  message.id = "7-42-0";
  message.subject = "subject";
  message.text = "text\n";
  message.to = {"a@example.com"};
  return message;
}

Delivery SendWith(const SmtpOptions& options, const Message& message = MakeMessage()) {
  Courier courier;
  return MakeEmailSender(Receiver(), options, courier)->Send(message);
}

TEST(SendEmail, WithoutAServerItSaysThatEmailIsOff) {
  Delivery delivery = SendWith({});
  EXPECT_EQ(delivery.result, Delivery::Result::kDead);
  EXPECT_THAT(delivery.detail, HasSubstr("e-mail is off"));
}

TEST(SendEmail, WithoutTlsItTalksToThisMachineOnly) {
  SmtpOptions options;
  options.host = "mail.example.com";
  options.tls = "none";
  Delivery delivery = SendWith(options);
  EXPECT_EQ(delivery.result, Delivery::Result::kDead);
  EXPECT_THAT(delivery.detail, HasSubstr("'none' is not allowed for mail.example.com"));
  options.host = "localhost";
  options.tls = "sometimes";
  EXPECT_EQ(SendWith(options).result, Delivery::Result::kDead);
}

TEST(SendEmail, AMissingPasswordCanBeMended) {
  SmtpOptions options;
  options.host = "localhost";
  options.user = "user";
  options.password_file = "/nonexistent/password";
  Delivery delivery = SendWith(options);
  EXPECT_EQ(delivery.result, Delivery::Result::kRetry);
  EXPECT_THAT(delivery.detail, HasSubstr("/nonexistent/password"));
}

TEST(SendEmail, AnAddressThatIsNoneIsDead) {
  SmtpOptions options;
  options.host = "localhost";
  Message message = MakeMessage();
  message.to = {"a@example.com\r\nBcc: b@example.com"};
  EXPECT_EQ(SendWith(options, message).result, Delivery::Result::kDead);
  options.from = "nobody";
  Delivery delivery = SendWith(options);
  EXPECT_EQ(delivery.result, Delivery::Result::kDead);
  EXPECT_THAT(delivery.detail, HasSubstr("smtp from"));
}

}  // namespace
}  // namespace forewarn
