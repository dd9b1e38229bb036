#include "notifier/dispatcher.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <map>

namespace forewarn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using Result = Delivery::Result;
const Timestamp kStart = FromMillis(1'777'629'600'000);

// Takes what it is sent, and answers as told: the answers in order, then success.
class FakeSender : public Sender {
 public:
  Delivery Send(const Message& message) override {
    sent.push_back(message.id);
    if (on_send) on_send();
    if (answers.empty()) return {Result::kDelivered, "taken"};
    Delivery answer = answers.front();
    answers.pop_front();
    return answer;
  }
  std::vector<std::string> sent;
  std::deque<Delivery> answers;
  std::function<void()> on_send;
};

class Dispatch : public ::testing::Test {
 protected:
  static DispatchOptions Options() {
    return {.max_attempts = 5, .backoff_min = 1s, .backoff_max = 10s};
  }

  Notification Make(const std::string& id, const std::string& receiver = "mail",
                    uint64_t ticket = 71) {
    Notification notification;
    notification.id = id;
    notification.ticket = ticket;
    notification.receiver = receiver;
    notification.template_id = "ticket.opened";
    notification.locale = "en";
    notification.timezone = "UTC";
    notification.facts = {{"customer", "acme"},     {"customer_name", "Acme"},
                          {"installation", "prod"}, {"rule", "DiskWillFill"},
                          {"severity", "warning"},  {"since_at", "2026-05-01T10:00:00Z"},
                          {"ticket", "FW-71"},      {"title", "DiskWillFill"}};
    notification.created_at = kStart;
    notification.next_attempt_at = kStart;
    return notification;
  }
  // Steps until nothing is due at `now`.
  std::optional<Timestamp> Run(Timestamp now) {
    std::optional<Timestamp> next;
    while ((next = dispatcher_.Step(now)) == now) {
    }
    return next;
  }

  std::map<std::string, FakeSender> senders_;
  std::vector<DeliveryCommand> reports_;
  bool accepts_reports_ = true;
  Dispatcher dispatcher_{Options(),
                         [this](const std::string& receiver) -> Sender* {
                           return receiver == "gone" ? nullptr : &senders_[receiver];
                         },
                         [this](uint32_t partition, const DeliveryCommand& command) {
                           EXPECT_EQ(partition, 7u);
                           if (accepts_reports_) reports_.push_back(command);
                           return accepts_reports_;
                         },
                         Rng(1)};
};

TEST_F(Dispatch, WithNothingToDoItNeedNotBeCalled) {
  EXPECT_EQ(dispatcher_.Step(kStart), std::nullopt);
}

TEST_F(Dispatch, WhatIsDeliveredIsReportedAndForgotten) {
  dispatcher_.Take(7, Make("7-1-0"));
  EXPECT_EQ(dispatcher_.waiting(), 1u);
  EXPECT_EQ(Run(kStart), std::nullopt);
  EXPECT_THAT(senders_["mail"].sent, ElementsAre("7-1-0"));
  ASSERT_THAT(reports_, SizeIs(1));
  EXPECT_EQ(reports_[0].notification, "7-1-0");
  EXPECT_EQ(reports_[0].result, DeliveryCommand::Result::kDelivered);
  EXPECT_EQ(reports_[0].outcome, "taken");
  EXPECT_EQ(dispatcher_.waiting(), 0u);
}

TEST_F(Dispatch, WhatDoesNotWaitIsNotSent) {
  for (DeliveryState state :
       {DeliveryState::kDelivered, DeliveryState::kDead, DeliveryState::kSuppressed}) {
    Notification notification = Make("7-1-0");
    notification.state = state;
    dispatcher_.Take(7, notification);
  }
  EXPECT_EQ(Run(kStart), std::nullopt);
  EXPECT_THAT(senders_["mail"].sent, IsEmpty());
}

TEST_F(Dispatch, AFailureIsTriedAgainAfterABackOffThatDoubles) {
  for (int i = 0; i < 3; ++i) senders_["mail"].answers.push_back({Result::kRetry, "busy"});
  dispatcher_.Take(7, Make("7-1-0"));
  Timestamp now = kStart;
  for (Duration backoff : {1000ms, 2000ms, 4000ms}) {
    std::optional<Timestamp> next = Run(now);
    ASSERT_TRUE(next.has_value());
    EXPECT_EQ(reports_.back().result, DeliveryCommand::Result::kRetry);
    EXPECT_EQ(reports_.back().next_attempt_at, *next);
    EXPECT_GE(*next - now, backoff * 8 / 10);
    EXPECT_LE(*next - now, backoff * 12 / 10);
    EXPECT_EQ(Run(*next - 1ms), *next) << "not before its time";
    now = *next;
  }
  EXPECT_EQ(Run(now), std::nullopt);
  EXPECT_THAT(senders_["mail"].sent, SizeIs(4));
  EXPECT_EQ(reports_.back().result, DeliveryCommand::Result::kDelivered);
}

TEST_F(Dispatch, TheOtherSidesWishIsRespected) {
  senders_["mail"].answers.push_back({Result::kRetry, "later", 5min});
  dispatcher_.Take(7, Make("7-1-0"));
  EXPECT_EQ(Run(kStart), kStart + 5min);
}

TEST_F(Dispatch, AfterTheLastAttemptItIsDeadAndSaysWhy) {
  for (int i = 0; i < 9; ++i) senders_["mail"].answers.push_back({Result::kRetry, "busy"});
  dispatcher_.Take(7, Make("7-1-0"));
  std::optional<Timestamp> next = kStart;
  while (next) next = Run(*next);
  EXPECT_THAT(senders_["mail"].sent, SizeIs(5));
  EXPECT_EQ(reports_.back().result, DeliveryCommand::Result::kDead);
  EXPECT_EQ(reports_.back().outcome, "given up after 5 attempts: busy");
  EXPECT_EQ(dispatcher_.waiting(), 0u);
}

TEST_F(Dispatch, AttemptsOfAnEarlierLifeCount) {
  Notification notification = Make("7-1-0");
  notification.attempts = 4;
  senders_["mail"].answers.push_back({Result::kRetry, "busy"});
  dispatcher_.Take(7, notification);
  EXPECT_EQ(Run(kStart), std::nullopt);
  EXPECT_EQ(reports_.back().result, DeliveryCommand::Result::kDead);
}

TEST_F(Dispatch, WhatIsRefusedIsNotTriedAgain) {
  senders_["mail"].answers.push_back({Result::kDead, "no such user"});
  dispatcher_.Take(7, Make("7-1-0"));
  EXPECT_EQ(Run(kStart), std::nullopt);
  EXPECT_EQ(reports_.back().result, DeliveryCommand::Result::kDead);
  EXPECT_EQ(reports_.back().outcome, "no such user");
}

TEST_F(Dispatch, AReceiverThatIsGoneAndATextThatCannotBeSaidAreDead) {
  dispatcher_.Take(7, Make("7-1-0", "gone"));
  Notification hollow = Make("7-1-1");
  hollow.facts.clear();
  dispatcher_.Take(7, hollow);
  EXPECT_EQ(Run(kStart), std::nullopt);
  ASSERT_THAT(reports_, SizeIs(2));
  EXPECT_THAT(reports_[0].outcome, HasSubstr("no receiver gone"));
  EXPECT_THAT(reports_[1].outcome, HasSubstr("is not known"));
  EXPECT_THAT(senders_["mail"].sent, IsEmpty());
}

TEST_F(Dispatch, OneTicketsMessagesStayInOrderForAReceiver) {
  senders_["mail"].answers.push_back({Result::kRetry, "busy"});
  // Numbers, not texts, say what came first.
  dispatcher_.Take(7, Make("7-10-0"));
  dispatcher_.Take(7, Make("7-9-0"));
  dispatcher_.Take(7, Make("7-9-1", "mail", 135));
  std::optional<Timestamp> next = Run(kStart);
  EXPECT_THAT(senders_["mail"].sent, ElementsAre("7-9-0", "7-9-1"))
      << "another ticket does not wait";
  Run(*next);
  EXPECT_THAT(senders_["mail"].sent, ElementsAre("7-9-0", "7-9-1", "7-9-0", "7-10-0"));
}

TEST_F(Dispatch, ReceiversTakeTurns) {
  for (int i = 0; i < 3; ++i) {
    dispatcher_.Take(7, Make(fmt::format("7-{}-0", i), "mail", 71 + 64 * static_cast<uint64_t>(i)));
    dispatcher_.Take(7, Make(fmt::format("7-{}-1", i), "hook", 71 + 64 * static_cast<uint64_t>(i)));
  }
  EXPECT_EQ(dispatcher_.Step(kStart), kStart);
  EXPECT_THAT(senders_["mail"].sent, SizeIs(1));
  EXPECT_THAT(senders_["hook"].sent, SizeIs(1));
}

TEST_F(Dispatch, AReceiverThatKeepsFailingIsLeftAloneAndTheOthersAreNot) {
  for (uint64_t i = 0; i < 10; ++i) {
    senders_["mail"].answers.push_back({Result::kRetry, "down"});
    dispatcher_.Take(7, Make(fmt::format("7-{}-0", i), "mail", 71 + 64 * i));
  }
  dispatcher_.Take(7, Make("7-10-1", "hook"));
  std::optional<Timestamp> next = Run(kStart);
  EXPECT_THAT(senders_["mail"].sent, SizeIs(3));
  EXPECT_THAT(senders_["hook"].sent, SizeIs(1));
  ASSERT_TRUE(next.has_value());
  EXPECT_GE(*next, kStart + 800ms);
  senders_["mail"].answers.clear();
  while (next) next = Run(*next);
  EXPECT_THAT(senders_["mail"].sent, SizeIs(13)) << "one good answer, and all go";
  EXPECT_EQ(dispatcher_.waiting(), 0u);
}

TEST_F(Dispatch, BackOffCountsFromTheEndOfASendThatBlocks) {
  Timestamp now = kStart;
  FakeSender& mail = senders_["mail"];
  mail.on_send = [&] { now += 30s; };
  mail.answers.push_back({Result::kRetry, "timed out"});
  dispatcher_.Take(7, Make("7-1-0"));
  std::optional<Timestamp> next = dispatcher_.Step([&] { return now; });
  ASSERT_TRUE(next);
  EXPECT_GE(*next, kStart + 30s + 800ms);
  EXPECT_EQ(reports_.at(0).next_attempt_at, *next);
}

TEST_F(Dispatch, ASlowReceiverLetsTheOthersGoFirstButHasItsTurn) {
  Timestamp now = kStart;
  auto clock = [&] { return now; };
  FakeSender& slow = senders_["a-slow"];
  FakeSender& quick = senders_["quick"];
  slow.on_send = [&] { now += 30s; };
  quick.on_send = [&] { now += 100ms; };
  for (int i = 0; i < 3; ++i) dispatcher_.Take(7, Make(fmt::format("7-{}-0", i), "a-slow"));
  for (int i = 0; i < 700; ++i) dispatcher_.Take(7, Make(fmt::format("7-{}-1", i), "quick"));
  dispatcher_.Step(clock);
  EXPECT_THAT(slow.sent, SizeIs(1));
  for (int i = 0; i < 500; ++i) dispatcher_.Step(clock);
  EXPECT_THAT(slow.sent, SizeIs(1)) << "50 s later the others still have something due";
  EXPECT_THAT(quick.sent, SizeIs(501));
  for (int i = 0; i < 110; ++i) dispatcher_.Step(clock);
  EXPECT_THAT(slow.sent, SizeIs(2)) << "a minute is enough";
  while (dispatcher_.Step(clock)) {
  }
  EXPECT_THAT(slow.sent, SizeIs(3));
  EXPECT_THAT(quick.sent, SizeIs(700));
}

TEST_F(Dispatch, AReportThatIsRefusedIsKeptAndHandedBackInOrder) {
  accepts_reports_ = false;
  dispatcher_.Take(7, Make("7-1-0"));
  dispatcher_.Take(7, Make("7-2-0"));
  std::optional<Timestamp> next = Run(kStart);
  ASSERT_TRUE(next.has_value());
  EXPECT_THAT(senders_["mail"].sent, ElementsAre("7-1-0", "7-2-0")) << "each once";
  EXPECT_EQ(dispatcher_.waiting(), 2u);
  accepts_reports_ = true;
  EXPECT_EQ(Run(*next), std::nullopt);
  ASSERT_THAT(reports_, SizeIs(2));
  EXPECT_EQ(reports_[0].notification, "7-1-0");
  EXPECT_EQ(reports_[1].notification, "7-2-0");
}

TEST_F(Dispatch, AnEchoOfAnEarlierAttemptDoesNotSendAgain) {
  senders_["mail"].answers.push_back({Result::kRetry, "busy"});
  Notification notification = Make("7-1-0");
  dispatcher_.Take(7, notification);
  std::optional<Timestamp> next = Run(kStart);
  Run(*next);  // delivered
  // Only now the shard has committed the first attempt, and then the second.
  notification.attempts = 1;
  notification.next_attempt_at = *next;
  dispatcher_.Take(7, notification);
  EXPECT_EQ(Run(*next + 1h), std::nullopt);
  EXPECT_THAT(senders_["mail"].sent, SizeIs(2));
  notification.state = DeliveryState::kDelivered;
  dispatcher_.Take(7, notification);
  EXPECT_EQ(Run(*next + 1h), std::nullopt);
  EXPECT_THAT(senders_["mail"].sent, SizeIs(2));
}

TEST_F(Dispatch, WhatIsTakenTwiceIsSentOnce) {
  dispatcher_.Take(7, Make("7-1-0"));
  dispatcher_.Take(7, Make("7-1-0"));
  EXPECT_EQ(dispatcher_.waiting(), 1u);
  Run(kStart);
  EXPECT_THAT(senders_["mail"].sent, SizeIs(1));
}

TEST_F(Dispatch, WhatAPersonStoppedMeanwhileIsNotSent) {
  Notification notification = Make("7-1-0");
  dispatcher_.Take(7, notification);
  notification.state = DeliveryState::kDead;
  dispatcher_.Take(7, notification);
  EXPECT_EQ(Run(kStart), std::nullopt);
  EXPECT_THAT(senders_["mail"].sent, IsEmpty());
}

}  // namespace
}  // namespace forewarn
