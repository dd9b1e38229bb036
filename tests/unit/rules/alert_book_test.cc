#include "rules/alert_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/record.h"

namespace forewarn {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

AlertRecord Make(uint64_t id, uint64_t rule, std::string stream) {
  AlertRecord record;
  record.life.alert.id = Fingerprint(id);
  record.life.alert.customer = "acme";
  record.rule = Fingerprint(rule);
  record.stream = std::move(stream);
  record.result = {{"disk", "sda"}};
  return record;
}

TEST(AlertBook, FindsAlertsByRuleAndStream) {
  AlertBook book;
  book.Add(Make(2, 1, "probe/a"));
  book.Add(Make(1, 1, "probe/a"));
  book.Add(Make(3, 1, "probe/b"));
  book.Add(Make(4, 2, "probe/a"));
  EXPECT_THAT(book.Of(Fingerprint(1), "probe/a"), ElementsAre(Fingerprint(1), Fingerprint(2)));
  book.Remove(Fingerprint(1));
  EXPECT_THAT(book.Of(Fingerprint(1), "probe/a"), ElementsAre(Fingerprint(2)));
  EXPECT_EQ(book.Find(Fingerprint(1)), nullptr);
  EXPECT_THAT(book.Of(Fingerprint(9), "probe/a"), IsEmpty());
  EXPECT_TRUE(book.HasAny(Fingerprint(1)));
  EXPECT_FALSE(book.HasAny(Fingerprint(0)));
  EXPECT_FALSE(book.HasAny(Fingerprint(9)));
  book.Remove(Fingerprint(4));
  EXPECT_FALSE(book.HasAny(Fingerprint(2)));
}

TEST(AlertBook, FindsAlertsByTheProbesTheyRestOn) {
  AlertBook book;
  AlertRecord both = Make(1, 1, "grid/acme/plant");
  both.life.alert.probes = {"a", "b"};
  book.Add(both);
  AlertRecord one = Make(2, 1, "probe/b");
  one.life.alert.probes = {"b"};
  book.Add(one);
  EXPECT_THAT(book.OfProbe("a"), ElementsAre(Fingerprint(1)));
  EXPECT_THAT(book.OfProbe("b"), ElementsAre(Fingerprint(1), Fingerprint(2)));
  book.Find(Fingerprint(1))->life.alert.probes = {"a", "c"};
  book.Touch(Fingerprint(1));
  EXPECT_THAT(book.OfProbe("b"), ElementsAre(Fingerprint(2)));
  EXPECT_THAT(book.OfProbe("c"), ElementsAre(Fingerprint(1)));
  book.Remove(Fingerprint(1));
  EXPECT_THAT(book.OfProbe("a"), IsEmpty());
  EXPECT_THAT(book.OfProbe("c"), IsEmpty());
}

TEST(AlertBook, StoresWhatChangedOnceAndRemovesWhatIsOver) {
  AlertBook book;
  book.Add(Make(1, 1, "probe/a"));
  std::vector<StatePut> puts;
  book.TakeChanges(puts);
  ASSERT_EQ(puts.size(), 1u);
  EXPECT_EQ(puts[0].kind, StateKind::kAlert);
  EXPECT_EQ(puts[0].id, Fingerprint(1).ToString());
  puts.clear();
  book.TakeChanges(puts);
  EXPECT_THAT(puts, IsEmpty());
  book.Remove(Fingerprint(1));
  book.TakeChanges(puts);
  ASSERT_EQ(puts.size(), 1u);
  EXPECT_EQ(puts[0].record, "");
}

TEST(AlertBook, WritesRecordsThatReadAsAlerts) {
  AlertBook book;
  AlertRecord made = Make(1, 7, "probe/a");
  made.life.gone_since = FromMillis(5);
  book.Add(made);
  std::vector<StatePut> puts;
  book.TakeChanges(puts);
  StatusOr<Alert> alert = DecodeRecord<Alert>(puts[0].record);
  ASSERT_TRUE(alert.ok());
  EXPECT_EQ(alert->customer, "acme");

  AlertBook other;
  ASSERT_TRUE(other.Restore(puts[0].record).ok());
  const AlertRecord* read = other.Find(Fingerprint(1));
  ASSERT_NE(read, nullptr);
  EXPECT_EQ(read->rule, Fingerprint(7));
  EXPECT_EQ(read->stream, "probe/a");
  EXPECT_EQ(read->result, made.result);
  EXPECT_EQ(read->life.gone_since, FromMillis(5));
  EXPECT_FALSE(other.Restore(puts[0].record).ok()) << "twice the same";
  EXPECT_FALSE(other.Restore("\xff").ok());
}

}  // namespace
}  // namespace forewarn
