#include "rules/contact_alert.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace forewarn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr Timestamp kStart = FromMillis(1'700'000'000'000);

void Hear(Contacts& contacts, const std::string& probe, Timestamp at) {
  contacts.Observe(
      {0, at, probe, Command(HelloCommand{{"acme", "plant", probe}, "host-" + probe, "1", 0ms})});
}

TEST(ContactLost, FiresForTheFirstLostProbeAndResolvesWithTheLast) {
  Contacts contacts;
  AlertBook book;
  auto update = [&](Timestamp at) {
    return UpdateContactLost("acme", "plant", contacts, at, book);
  };
  Hear(contacts, "a", kStart);
  Hear(contacts, "b", kStart);
  EXPECT_EQ(update(kStart), std::nullopt);
  contacts.Observe({0, kStart + 5min, "forewarn", Tick{}});
  EXPECT_EQ(update(kStart + 5min), std::nullopt) << "late is not lost";

  Hear(contacts, "b", kStart + 5min);
  contacts.Observe({0, kStart + 11min, "forewarn", Tick{}});
  std::optional<AlertChange> change = update(kStart + 11min);
  ASSERT_TRUE(change);
  EXPECT_EQ(change->before, std::nullopt);
  EXPECT_EQ(change->alert.state, AlertState::kFiring);
  EXPECT_EQ(change->alert.active_since, kStart) << "since when nothing was heard";
  EXPECT_THAT(change->alert.probes, ElementsAre("a"));
  EXPECT_THAT(change->alert.annotations[1].second, HasSubstr("host-a"));
  EXPECT_EQ(change->alert.labels.Get("severity"), "warning");
  EXPECT_EQ(update(kStart + 11min), std::nullopt);

  contacts.Observe({0, kStart + 20min, "forewarn", Tick{}});
  change = update(kStart + 20min);
  ASSERT_TRUE(change) << "another one is lost";
  EXPECT_EQ(change->before, AlertState::kFiring);
  EXPECT_THAT(change->alert.probes, ElementsAre("a", "b"));

  Hear(contacts, "a", kStart + 30min);
  change = update(kStart + 30min);
  ASSERT_TRUE(change);
  EXPECT_THAT(change->alert.probes, ElementsAre("b"));
  contacts.Observe(
      {0, kStart + 31min, "admin", Command(RetireProbeCommand{{"acme", "plant", "b"}})});
  change = update(kStart + 31min);
  ASSERT_TRUE(change);
  EXPECT_EQ(change->alert.state, AlertState::kResolved);
  EXPECT_TRUE(book.all().empty());
}

TEST(ContactLost, NamesAFewHostsAndCountsTheOthers) {
  Contacts contacts;
  AlertBook book;
  for (char probe = 'a'; probe < 'a' + 25; ++probe) Hear(contacts, std::string(1, probe), kStart);
  contacts.Observe({0, kStart + 1h, "forewarn", Tick{}});
  std::optional<AlertChange> change =
      UpdateContactLost("acme", "plant", contacts, kStart + 1h, book);
  ASSERT_TRUE(change);
  EXPECT_EQ(change->alert.probes.size(), 25u);
  const std::string& summary = change->alert.annotations[1].second;
  EXPECT_THAT(summary, HasSubstr("host-j"));
  EXPECT_THAT(summary, HasSubstr(" and 15 more"));
  EXPECT_EQ(summary.find("host-k"), std::string::npos);
}

TEST(ContactLost, IsNotConcernedByProbesThatAreHeardAgainAndAgain) {
  Contacts contacts;
  AlertBook book;
  for (const char* probe : {"a", "b", "c"}) Hear(contacts, probe, kStart);
  EXPECT_FALSE(ConcernsContactLost(*contacts.Find("a"), contacts, book));
  Hear(contacts, "b", kStart + 1h);  // a and c are lost
  EXPECT_TRUE(ConcernsContactLost(*contacts.Find("a"), contacts, book));
  UpdateContactLost("acme", "plant", contacts, kStart + 1h, book);
  EXPECT_FALSE(ConcernsContactLost(*contacts.Find("b"), contacts, book));
  Hear(contacts, "a", kStart + 1h);
  EXPECT_TRUE(ConcernsContactLost(*contacts.Find("a"), contacts, book)) << "the alert names it";
  UpdateContactLost("acme", "plant", contacts, kStart + 1h, book);
  Hear(contacts, "c", kStart + 1h);
  EXPECT_TRUE(ConcernsContactLost(*contacts.Find("b"), contacts, book)) << "nobody is silent";
}

}  // namespace
}  // namespace forewarn
