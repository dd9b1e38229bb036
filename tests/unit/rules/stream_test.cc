#include "rules/stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace forewarn {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr Timestamp kAt = FromMillis(1'700'000'000'000);

// What a store would hold of the books' changes.
std::map<std::string, std::string> Stored(StreamBook& book) {
  std::vector<StatePut> puts;
  book.TakeChanges(puts);
  std::map<std::string, std::string> stored;
  for (StatePut& put : puts) stored[put.id] = std::move(put.record);
  return stored;
}

TEST(StreamBook, ComesBackFromItsRecords) {
  StreamBook book;
  Stream& grid = book.Get("acme", "plant", "");
  grid.instants.emplace_back(Fingerprint(3), kAt);
  grid.targets.emplace_back(Fingerprint(3), kAt + 2h);
  book.Touch(grid);
  Stream& probe = book.Get("acme", "plant", "aaaa");
  probe.last_round = kAt + 1s;
  book.Touch(probe);
  book.SetRecorded(Fingerprint(9), probe.id(), {Fingerprint(1), Fingerprint(2)});

  StreamBook other;
  for (const auto& [id, record] : Stored(book)) {
    Status status = other.Restore(id, record);
    ASSERT_TRUE(status.ok()) << status.message();
  }
  ASSERT_NE(other.Find("grid/acme/plant"), nullptr);
  EXPECT_EQ(*other.Find("grid/acme/plant")->FindInstant(Fingerprint(3)), kAt);
  EXPECT_EQ(other.Find("grid/acme/plant")->now(), kAt);
  EXPECT_THAT(other.behind(), ElementsAre(std::pair(Duration(2h), "grid/acme/plant")));
  EXPECT_EQ(other.Find("probe/aaaa")->now(), kAt + 1s);
  EXPECT_THAT(other.GetRecorded(Fingerprint(9), "probe/aaaa"),
              ElementsAre(Fingerprint(1), Fingerprint(2)));
  EXPECT_THAT(Stored(other), IsEmpty());
}

TEST(StreamBook, KnowsWhichGridsAreBehindTheSmallestBacklogFirst) {
  StreamBook book;
  Stream& far = book.Get("acme", "plant", "");
  far.instants = {{Fingerprint(1), kAt}, {Fingerprint(2), kAt}};
  far.targets = {{Fingerprint(1), kAt + 1h}, {Fingerprint(2), kAt + 1min}};
  book.Touch(far);
  Stream& near = book.Get("acme", "zoo", "");
  near.instants = {{Fingerprint(1), kAt}};
  near.targets = {{Fingerprint(1), kAt + 2min}};
  book.Touch(near);
  EXPECT_THAT(book.behind(),
              ElementsAre(std::pair(Duration(2min), near.id()), std::pair(Duration(1h), far.id())));
  near.targets.clear();
  book.Touch(near);
  EXPECT_THAT(book.behind(), ElementsAre(std::pair(Duration(1h), far.id())));
  book.KeepOnly({}, {});
  EXPECT_THAT(book.behind(), IsEmpty()) << "its groups are gone";
}

TEST(StreamBook, KnowsWhenACatchUpIsDue) {
  StreamBook book;
  Stream& stream = book.Get("acme", "plant", "a");
  stream.catch_up.Begin();
  book.Touch(stream);
  EXPECT_THAT(book.due(), IsEmpty()) << "there is nothing to plan";
  AlertChange change{std::nullopt, {}, kAt, true, false};
  stream.catch_up.Pass(change, std::nullopt, kAt);
  book.Touch(stream);
  EXPECT_THAT(book.due(), ElementsAre(std::pair(kAt + CatchUp::kPatience, stream.id())));
  stream.catch_up.End();
  book.Touch(stream);
  EXPECT_THAT(book.due(), IsEmpty());
}

TEST(StreamBook, RefusesRecordsThatAreNotTheirs) {
  StreamBook book;
  book.Touch(book.Get("acme", "plant", ""));
  std::map<std::string, std::string> stored = Stored(book);
  EXPECT_FALSE(book.Restore("grid/acme/office", stored["grid/acme/plant"]).ok());
  EXPECT_FALSE(book.Restore("grid/acme/plant", "\xff").ok());
}

TEST(StreamBook, RemovesAStreamWithWhatWasRecordedInIt) {
  StreamBook book;
  book.Touch(book.Get("acme", "plant", "a"));
  book.SetRecorded(Fingerprint(9), "probe/a", {Fingerprint(1)});
  book.SetRecorded(Fingerprint(9), "probe/ab", {Fingerprint(1)});
  Stored(book);
  book.Remove("probe/a");
  std::map<std::string, std::string> stored = Stored(book);
  EXPECT_EQ(stored.size(), 2u);
  for (const auto& [id, record] : stored) EXPECT_EQ(record, "") << id;
  EXPECT_THAT(book.GetRecorded(Fingerprint(9), "probe/ab"), ElementsAre(Fingerprint(1)));
}

TEST(StreamBook, ForgetsGroupsAndRulesThatAreGone) {
  StreamBook book;
  Stream& grid = book.Get("acme", "plant", "");
  grid.instants = {{Fingerprint(1), kAt}, {Fingerprint(2), kAt}};
  book.Touch(grid);
  book.SetRecorded(Fingerprint(8), grid.id(), {Fingerprint(1)});
  book.SetRecorded(Fingerprint(9), grid.id(), {Fingerprint(1)});
  Stored(book);
  book.KeepOnly({Fingerprint(1)}, {Fingerprint(8)});
  EXPECT_EQ(grid.instants.size(), 1u);
  EXPECT_THAT(book.GetRecorded(Fingerprint(9), grid.id()), IsEmpty());
  EXPECT_EQ(Stored(book).size(), 2u);
  book.KeepOnly({Fingerprint(1)}, {Fingerprint(8)});
  EXPECT_THAT(Stored(book), IsEmpty());
}

}  // namespace
}  // namespace forewarn
