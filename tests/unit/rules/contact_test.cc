#include "rules/contact.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/rng.h"

namespace forewarn {
namespace {

constexpr Timestamp kStart = FromMillis(1'700'000'000'000);
const ProbeIdentity kA = {"acme", "plant", "aaaaaaaa-0000-4000-8000-000000000000"};
const ProbeIdentity kB = {"acme", "plant", "bbbbbbbb-0000-4000-8000-000000000000"};

Entry BatchEntry(const ProbeIdentity& source, Timestamp arrival, uint64_t epoch, uint64_t sequence,
                 std::vector<Timestamp> rounds = {}) {
  Batch batch;
  batch.source = source;
  batch.epoch = epoch;
  batch.sequence = sequence;
  for (Timestamp end : rounds) batch.rounds.push_back({end, 1min, 0ms});
  return {0, arrival, source.probe, std::move(batch)};
}

Entry HelloEntry(const ProbeIdentity& source, Timestamp arrival) {
  return {0, arrival, source.probe, Command(HelloCommand{source, "web1", "0.1.0", 20ms})};
}

Entry RetireEntry(const ProbeIdentity& probe, Timestamp arrival) {
  return {0, arrival, "admin", Command(RetireProbeCommand{probe})};
}

Entry TickEntry(Timestamp arrival) { return {0, arrival, "forewarn", Tick{}}; }

TEST(Contacts, KnowWhoSaidHello) {
  Contacts contacts;
  std::vector<ProbeState> changed = contacts.Observe(HelloEntry(kA, kStart));
  ASSERT_EQ(changed.size(), 1u);
  EXPECT_EQ(changed[0].identity, kA);
  EXPECT_EQ(changed[0].host, "web1");
  EXPECT_EQ(changed[0].version, "0.1.0");
  EXPECT_EQ(changed[0].clock_offset, 20ms);
  EXPECT_EQ(changed[0].contact, Contact::kFresh);
  EXPECT_EQ(changed[0].enrolled_at, kStart);
  EXPECT_EQ(contacts.Find(kB.probe), nullptr);
}

TEST(Contacts, CallASilentProbeLateAndThenLost) {
  Contacts contacts;
  contacts.SetPolicy({2min, 10min});
  contacts.Observe(HelloEntry(kA, kStart));
  EXPECT_EQ(contacts.NextTimer(), kStart + 2min);
  EXPECT_TRUE(contacts.Observe(TickEntry(kStart + 2min - 1ms)).empty());

  std::vector<ProbeState> changed = contacts.Observe(TickEntry(kStart + 2min));
  ASSERT_EQ(changed.size(), 1u);
  EXPECT_EQ(changed[0].contact, Contact::kLate);
  EXPECT_EQ(contacts.NextTimer(), kStart + 10min);

  changed = contacts.Observe(TickEntry(kStart + 11min));
  ASSERT_EQ(changed.size(), 1u);
  EXPECT_EQ(changed[0].contact, Contact::kLost);
  EXPECT_EQ(changed[0].contact_since, kStart + 10min)
      << "when its time ran out, not when we looked";
  EXPECT_EQ(contacts.NextTimer(), std::nullopt);
}

TEST(Contacts, HearALostProbeAgain) {
  Contacts contacts;
  contacts.Observe(HelloEntry(kA, kStart));
  contacts.Observe(TickEntry(kStart + 1h));
  ASSERT_EQ(contacts.Find(kA.probe)->contact, Contact::kLost);
  contacts.Observe(BatchEntry(kA, kStart + 2h, 1, 1));
  EXPECT_EQ(contacts.Find(kA.probe)->contact, Contact::kFresh);
  EXPECT_EQ(contacts.Find(kA.probe)->contact_since, kStart + 2h);
}

TEST(Contacts, FindOthersSilentWhenOneSpeaks) {
  Contacts contacts;
  contacts.Observe(HelloEntry(kA, kStart));
  contacts.Observe(HelloEntry(kB, kStart));
  std::vector<ProbeState> changed = contacts.Observe(BatchEntry(kA, kStart + 3min, 1, 1));
  ASSERT_EQ(changed.size(), 2u);
  EXPECT_EQ(changed[0].contact, Contact::kFresh);
  EXPECT_EQ(changed[1].contact, Contact::kLate);
}

TEST(Contacts, TakeNoNoticeOfEntriesThatMayBeRefusedOrAreAboutOtherThings) {
  Contacts contacts;
  contacts.Observe(HelloEntry(kA, kStart));
  Entry silence = {0, kStart + 1h, "admin", Command(AddSilenceCommand{})};
  EXPECT_TRUE(contacts.Observe(silence).empty());
  Entry bundle = {0, kStart + 1h, "admin", Bundle{}};
  EXPECT_TRUE(contacts.Observe(bundle).empty());
  EXPECT_EQ(contacts.Find(kA.probe)->contact, Contact::kFresh);
}

TEST(Contacts, LeaveARetiredProbeRetired) {
  Contacts contacts;
  contacts.Observe(HelloEntry(kA, kStart));
  std::vector<ProbeState> changed = contacts.Observe(RetireEntry(kA, kStart + 1min));
  ASSERT_EQ(changed.size(), 1u);
  EXPECT_EQ(changed[0].contact, Contact::kRetired);
  contacts.Observe(BatchEntry(kA, kStart + 2min, 1, 1));
  EXPECT_EQ(contacts.Find(kA.probe)->contact, Contact::kRetired);
  EXPECT_TRUE(contacts.Observe(TickEntry(kStart + 24h)).empty());
  EXPECT_EQ(contacts.NextTimer(), std::nullopt);
}

TEST(Contacts, DoNotExpectAnAirGappedProbe) {
  Contacts contacts;
  ProbeState state;
  state.identity = kA;
  state.contact = Contact::kAirGapped;
  state.last_arrival = kStart;
  contacts.Restore(state);
  EXPECT_EQ(contacts.NextTimer(), std::nullopt);
  contacts.Observe(TickEntry(kStart + 24h));
  EXPECT_EQ(contacts.Find(kA.probe)->contact, Contact::kAirGapped);
}

TEST(Contacts, TellABatchThatWasApplied) {
  Contacts contacts;
  Entry third = BatchEntry(kA, kStart, 5, 3, {kStart});
  EXPECT_FALSE(contacts.IsDuplicate(std::get<Batch>(third.what)));
  contacts.Observe(third);
  EXPECT_TRUE(contacts.IsDuplicate(std::get<Batch>(third.what)));
  EXPECT_TRUE(contacts.Observe(third).empty());

  auto is_duplicate = [&](uint64_t epoch, uint64_t sequence) {
    Entry entry = BatchEntry(kA, kStart, epoch, sequence);
    return contacts.IsDuplicate(std::get<Batch>(entry.what));
  };
  EXPECT_TRUE(is_duplicate(5, 2));
  EXPECT_FALSE(is_duplicate(5, 4));
  EXPECT_TRUE(is_duplicate(4, 9)) << "an older epoch";
  EXPECT_FALSE(is_duplicate(6, 1)) << "a new epoch counts from one again";
}

TEST(Contacts, NeverMoveAWatermarkBack) {
  Contacts contacts;
  contacts.Observe(BatchEntry(kA, kStart, 1, 1, {kStart - 2min, kStart - 1min}));
  EXPECT_EQ(contacts.Find(kA.probe)->watermark, kStart - 1min);
  EXPECT_EQ(contacts.Find(kA.probe)->round_interval, 1min);
  contacts.Observe(BatchEntry(kA, kStart, 1, 2, {kStart - 5min}));
  EXPECT_EQ(contacts.Find(kA.probe)->watermark, kStart - 1min);
}

TEST(Contacts, CountWhatProbesDeclareLost) {
  Contacts contacts;
  Entry entry = BatchEntry(kA, kStart, 1, 1);
  std::get<Batch>(entry.what).gaps = {{"samples", "spool_full", 40, kStart, kStart},
                                      {"events", "expired", 2, kStart, kStart}};
  contacts.Observe(entry);
  EXPECT_EQ(contacts.Find(kA.probe)->gap_count, 42u);
}

TEST(Contacts, TakeTheWatermarkOfAnInstallationFromItsFreshProbes) {
  Contacts contacts;
  EXPECT_EQ(contacts.Watermark("acme", "plant"), std::nullopt);
  contacts.Observe(BatchEntry(kA, kStart, 1, 1, {kStart - 10s}));
  contacts.Observe(BatchEntry(kB, kStart, 1, 1, {kStart - 40s}));
  EXPECT_EQ(contacts.Watermark("acme", "plant"), kStart - 40s);
  EXPECT_EQ(contacts.Watermark("acme", "office"), std::nullopt);
  EXPECT_FALSE(contacts.IsAnySilent("acme", "plant"));

  // B dies: it stalls nobody.
  contacts.Observe(BatchEntry(kA, kStart + 3min, 1, 2, {kStart + 3min}));
  EXPECT_EQ(contacts.Watermark("acme", "plant"), kStart + 3min);
  ASSERT_EQ(contacts.Silent("acme", "plant").size(), 1u);
  EXPECT_EQ(contacts.Silent("acme", "plant")[0]->identity, kB);

  // A probe that has just said hello has no data yet, so it holds nothing back.
  contacts.Observe(
      HelloEntry({"acme", "plant", "cccccccc-0000-4000-8000-000000000000"}, kStart + 3min));
  EXPECT_EQ(contacts.Watermark("acme", "plant"), kStart + 3min);
}

// Strategy: random entries over a few installations. After each, what the indexes say must be what a
// search over all probes says, and so it must be for contacts that are built anew from the states.
TEST(ContactsProperty, TheIndexesAgreeWithASearchOverAllProbes) {
  Rng rng(1);
  ContactPolicy policy = {2min, 10min};
  Contacts contacts;
  contacts.SetPolicy(policy);
  std::vector<ProbeIdentity> probes;
  for (int i = 0; i < 12; ++i) {
    probes.push_back({i % 2 == 0 ? "acme" : "umbrella", i % 3 == 0 ? "plant" : "office",
                      fmt::format("{:08}-0000-4000-8000-000000000000", i)});
  }
  std::map<std::string, uint64_t> sequences;
  Timestamp now = kStart;
  for (int step = 0; step < 3000; ++step) {
    now += Duration(rng.Below(40'000));
    const ProbeIdentity& probe = probes[rng.Below(probes.size())];
    uint64_t kind = rng.Below(100);
    Entry entry = TickEntry(now);
    if (kind < 60) {
      entry =
          BatchEntry(probe, now, 1, ++sequences[probe.probe], {now - Duration(rng.Below(600'000))});
    } else if (kind < 70) {
      entry = HelloEntry(probe, now);
    } else if (kind < 71) {
      entry = RetireEntry(probe, now);
    } else if (kind < 73) {
      policy = {Duration(60'000 + rng.Below(120'000)), Duration(200'000 + rng.Below(600'000))};
      contacts.SetPolicy(policy);
    }
    contacts.Observe(entry);

    Contacts rebuilt;
    rebuilt.SetPolicy(policy);
    std::optional<Timestamp> due;
    std::map<std::pair<std::string, std::string>, Timestamp> watermarks;
    std::map<std::pair<std::string, std::string>, size_t> silent;
    for (const auto& [id, state] : contacts.all()) {
      rebuilt.Restore(state);
      std::pair home(state.identity.customer, state.identity.installation);
      if (IsSilent(state)) ++silent[home];
      if (state.contact == Contact::kFresh && state.watermark != kTimeZero) {
        auto [at, is_new] = watermarks.try_emplace(home, state.watermark);
        at->second = std::min(at->second, state.watermark);
      }
      if (state.contact == Contact::kRetired || state.contact == Contact::kLost) continue;
      Timestamp next = state.last_arrival +
                       (state.contact == Contact::kFresh ? policy.late_after : policy.lost_after);
      if (!due || next < *due) due = next;
    }
    for (const Contacts* either : {&contacts, &rebuilt}) {
      ASSERT_EQ(either->NextTimer(), due);
      for (const char* customer : {"acme", "umbrella"}) {
        for (const char* installation : {"plant", "office"}) {
          std::pair<std::string, std::string> home(customer, installation);
          auto found = watermarks.find(home);
          ASSERT_EQ(either->Watermark(customer, installation),
                    found == watermarks.end() ? std::nullopt : std::optional(found->second));
          ASSERT_EQ(either->Silent(customer, installation).size(), silent[home]);
        }
      }
    }
  }
}

TEST(Contacts, DoNotWatchWhoSaysThatItsSilenceMeansNothing) {
  Contacts contacts;
  contacts.SetPolicy({2min, 10min});
  Entry quiet = HelloEntry(kA, kStart);
  std::get<HelloCommand>(std::get<Command>(quiet.what)).unwatched = true;
  std::vector<ProbeState> changed = contacts.Observe(quiet);
  ASSERT_EQ(changed.size(), 1u);
  EXPECT_EQ(changed[0].contact, Contact::kAirGapped);
  EXPECT_EQ(contacts.NextTimer(), std::nullopt);
  EXPECT_TRUE(contacts.Observe(TickEntry(kStart + 1h)).empty());
  // Later it turns out to be one that speaks all the time.
  contacts.Observe(HelloEntry(kA, kStart + 1h));
  EXPECT_EQ(contacts.Find(kA.probe)->contact, Contact::kFresh);
  contacts.Observe(TickEntry(kStart + 2h));
  EXPECT_EQ(contacts.Find(kA.probe)->contact, Contact::kLost);
}

// A source behind another protocol's door, whose metrics ended and whose log goes on.
TEST(Contacts, ALogAloneDoesNotKeepASourceFreshWhoseMetricsHaveEnded) {
  Contacts contacts;
  contacts.SetPolicy({2min, 10min});
  contacts.Observe(HelloEntry(kA, kStart));
  contacts.Observe(HelloEntry(kB, kStart));
  contacts.Observe(BatchEntry(kA, kStart, 0, 0, {kStart}));
  for (Timestamp now = kStart + 1min; now <= kStart + 5min; now += 1min) {
    contacts.Observe(BatchEntry(kA, now, 0, 0));
    contacts.Observe(BatchEntry(kB, now, 1, (now - kStart) / 1min, {now}));
  }
  EXPECT_EQ(contacts.Find(kA.probe)->contact, Contact::kLate);
  EXPECT_EQ(contacts.Watermark("acme", "plant"), kStart + 5min) << "it holds up nobody's rules";
  contacts.Observe(BatchEntry(kA, kStart + 6min, 0, 0, {kStart + 6min}));
  EXPECT_EQ(contacts.Find(kA.probe)->contact, Contact::kFresh);
}

TEST(Contacts, WhoIsWatchedStaysSoWhateverItSaysOfItself) {
  Contacts contacts;
  contacts.SetPolicy({2min, 10min});
  contacts.Observe(HelloEntry(kA, kStart));
  Entry quiet = HelloEntry(kA, kStart + 1min);
  std::get<HelloCommand>(std::get<Command>(quiet.what)).unwatched = true;
  contacts.Observe(quiet);
  EXPECT_EQ(contacts.Find(kA.probe)->contact, Contact::kFresh);
  EXPECT_EQ(contacts.NextTimer(), kStart + 2min) << "nor was it heard of";
  quiet.arrival = kStart + 3min;
  contacts.Observe(quiet);
  EXPECT_EQ(contacts.Find(kA.probe)->contact, Contact::kLate);
  quiet.actor = "on-call engineer";
  contacts.Observe(quiet);
  EXPECT_EQ(contacts.Find(kA.probe)->contact, Contact::kAirGapped) << "a person may say so";
}

TEST(Contacts, CannotTellWhetherABatchWithoutNumbersIsADuplicate) {
  Contacts contacts;
  for (int i = 0; i < 2; ++i) {
    Entry entry = BatchEntry(kA, kStart + i * 1min, 0, 0, {kStart + i * 1min});
    EXPECT_FALSE(contacts.IsDuplicate(std::get<Batch>(entry.what)));
    EXPECT_EQ(contacts.Observe(entry).size(), 1u);
  }
  EXPECT_EQ(contacts.Find(kA.probe)->watermark, kStart + 1min);
}

}  // namespace
}  // namespace forewarn
