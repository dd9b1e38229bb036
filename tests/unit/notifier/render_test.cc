#include "notifier/render.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace forewarn {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Notification Warning() {
  Notification notification;
  notification.id = "7-42-0";
  notification.ticket = 71;
  notification.audience = Audience::kCustomer;
  notification.template_id = "warning.generic";
  notification.locale = "en";
  notification.timezone = "Europe/Berlin";
  notification.addresses = {"a@example.com"};
  notification.facts = {{"customer_name", "Acme"},
                        {"installation", "prod"},
                        {"owner_email", "owner@example.com"},
                        {"since_at", "2026-07-01T10:00:00Z"},
                        {"summary", "<script>\"&'"},
                        {"ticket", "FW-71"},
                        {"value", "5"}};
  return notification;
}

TEST(Renderer, TimesAreOnTheReadersClockWithItsOffset) {
  Renderer renderer;
  Notification notification = Warning();
  StatusOr<Message> message = renderer.Render(notification);
  ASSERT_TRUE(message.ok()) << message.status().ToString();
  EXPECT_THAT(message->text, HasSubstr("Since: 1 July 2026, 12:00 (UTC+02:00)\n"));
  notification.locale = "zh-CN";
  notification.timezone = "Asia/Shanghai";
  StatusOr<Message> chinese = renderer.Render(notification);
  ASSERT_TRUE(chinese.ok());
  EXPECT_THAT(chinese->text, HasSubstr("开始时间：2026年7月1日 18:00（UTC+08:00）\n"));
}

TEST(Renderer, AZoneThatCannotBeReadIsUtcAndSaysSo) {
  Renderer renderer;
  Notification notification = Warning();
  notification.timezone = "Europe/Atlantis";
  EXPECT_THAT(renderer.Render(notification)->text, HasSubstr("10:00 (UTC)\n"));
}

TEST(Renderer, HtmlIsEscaped) {
  Renderer renderer;
  Notification notification = Warning();
  StatusOr<Message> message = renderer.Render(notification);
  EXPECT_THAT(message->html, HasSubstr("What: &lt;script&gt;&quot;&amp;&#39;<br>\n"));
  EXPECT_THAT(message->html, Not(HasSubstr("<script>")));
  EXPECT_THAT(message->text, HasSubstr("What: <script>\"&'\n"));
}

TEST(Renderer, CarriesTheNotificationsIdentity) {
  Renderer renderer;
  Notification notification = Warning();
  StatusOr<Message> message = renderer.Render(notification);
  EXPECT_EQ(message->id, "7-42-0");
  EXPECT_EQ(message->ticket, 71u);
  EXPECT_EQ(message->to, notification.addresses);
  EXPECT_EQ(message->reply_to, "owner@example.com");
  EXPECT_EQ(message->notification, &notification);
  notification.audience = Audience::kSupport;
  EXPECT_EQ(renderer.Render(notification)->reply_to, "");
}

TEST(Renderer, WhatCannotBeSaidIsAnErrorThatNamesTheFact) {
  Renderer renderer;
  Notification notification = Warning();
  notification.facts.clear();
  Status status = renderer.Render(notification).status();
  EXPECT_THAT(status.message(), HasSubstr("template warning.generic (en)"));
  notification.template_id = "warning.unheard_of";
  EXPECT_EQ(renderer.Render(notification).status().code(), Code::kNotFound);
}

TEST(ToHtml, IsParagraphsOfLines) {
  EXPECT_THAT(ToHtml("a\nb\n\n\nc\n"), HasSubstr("<p>a<br>\nb</p>\n<p>c</p>\n</body>"));
  EXPECT_THAT(ToHtml(""), Not(HasSubstr("<p>")));
}

}  // namespace
}  // namespace forewarn
