// What the sender decides before it talks to anybody; tests/integration talks to a real server.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "notifier/curl.h"
#include "notifier/receiver.h"

namespace forewarn {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Delivery SendTo(const std::string& url, WebhookOptions options = {},
                const std::string& secret_file = "") {
  Receiver receiver;
  receiver.kind = Receiver::Kind::kWebhook;
  receiver.url = url;
  receiver.secret_file = secret_file;
  Notification notification;
  Message message;
  message.id = "7-42-0";
  message.notification = &notification;
  Courier courier;
  return MakeWebhookSender(receiver, options, courier)->Send(message);
}

TEST(SendWebhook, TakesHttpsOnlyUnlessHttpIsAllowed) {
  for (const char* url :
       {"http://example.com/hook/secret", "ftp://example.com/", "file:///etc/passwd", "", "x"}) {
    Delivery delivery = SendTo(url);
    EXPECT_EQ(delivery.result, Delivery::Result::kDead) << url;
    EXPECT_THAT(delivery.detail, Not(HasSubstr("secret")));
  }
  EXPECT_EQ(SendTo("gopher://example.com/", {.allow_http = true}).result, Delivery::Result::kDead);
}

TEST(SendWebhook, NeverReachesAPrivateAddressAlsoNotByName) {
  for (const char* url :
       {"http://127.0.0.1:9/hook?key=secret", "http://[::1]:9/hook?key=secret",
        "http://localhost:9/hook?key=secret", "http://0x7f000001:9/hook?key=secret",
        "http://2130706433:9/hook?key=secret", "http://[::ffff:127.0.0.1]:9/hook?key=secret",
        "http://user:secret@127.0.0.1:9/"}) {
    Delivery delivery = SendTo(url, {.allow_http = true});
    EXPECT_EQ(delivery.result, Delivery::Result::kDead) << url;
    EXPECT_THAT(delivery.detail, HasSubstr("private network")) << url;
    EXPECT_THAT(delivery.detail, Not(HasSubstr("secret")));
  }
}

TEST(SendWebhook, AMissingKeyCanBeMended) {
  Delivery delivery = SendTo("https://example.com/", {}, "/nonexistent/key");
  EXPECT_EQ(delivery.result, Delivery::Result::kRetry);
  EXPECT_THAT(delivery.detail, HasSubstr("/nonexistent/key"));
}

TEST(MakeSender, KnowsEveryKind) {
  Receiver receiver;
  Courier courier;
  for (Receiver::Kind kind : {Receiver::Kind::kEmail, Receiver::Kind::kWebhook}) {
    receiver.kind = kind;
    EXPECT_NE(MakeSender(receiver, {}, {}, courier), nullptr);
  }
}

}  // namespace
}  // namespace forewarn
