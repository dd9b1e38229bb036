#include "collector/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <sstream>

namespace forewarn {
namespace {

using testing::HasSubstr;

TEST(Metrics, StandAtZeroForEveryLabelValueThatCanOccur) {
  Metrics metrics;
  std::string page = metrics.Text();
  for (const char* line :
       {"forewarn_ingest_samples_total{protocol=\"forewarn\",result=\"too_old\"} 0",
        "forewarn_ingest_batches_total{result=\"refused\"} 0",
        "forewarn_probe_contact_state{state=\"air_gapped\"} 0",
        "forewarn_alerts{state=\"unknown\"} 0", "forewarn_tickets_open{severity=\"critical\"} 0",
        "forewarn_notifications_total{channel=\"webhook\",result=\"dead\"} 0",
        "forewarn_warning_lead_seconds_bucket{le=\"3600\"} 0", "forewarn_ready 0"}) {
    EXPECT_THAT(page, HasSubstr(line));
  }
}

TEST(Metrics, CountsTheFiringsOfRulesInShadowFromCensusToCensus) {
  Metrics metrics;
  Metrics::Census census;
  for (uint64_t firings : {0, 2, 5}) {
    census.shadow_firings["A"] = firings;
    metrics.SetCensus(census);
    EXPECT_THAT(metrics.Text(), HasSubstr("forewarn_rule_shadow_firings_total{rule=\"A\"} " +
                                          std::to_string(firings)));
  }
}

TEST(Metrics, EachFamilyHasHelp) {
  Metrics metrics;
  std::istringstream page(metrics.Text());
  std::set<std::string> with_help;
  std::string hash, kind, name, line;
  int families = 0;
  while (std::getline(page, line)) {
    std::istringstream words(line);
    words >> hash >> kind >> name;
    if (hash != "#") continue;
    if (kind == "HELP" && !words.eof()) with_help.insert(name);
    if (kind != "TYPE") continue;
    ++families;
    EXPECT_TRUE(with_help.contains(name)) << name;
  }
  EXPECT_GT(families, 15);
}

TEST(Metrics, SayWhenTheCertificateEnds) {
  Metrics metrics;
  metrics.CertificateExpires(FromMillis(1'000'000));
  EXPECT_THAT(metrics.Text(), HasSubstr("forewarn_certificate_expiry_timestamp_seconds 1000"));
}

TEST(Metrics, SayHowTheDatabaseDoesAndCountersOnlyGrow) {
  Metrics metrics;
  Store::Figures figures;
  figures.level_files[0] = 3;
  figures.memtable_bytes = 4096;
  figures.block_cache_hits = 10;
  metrics.SetStorage(figures);
  figures.block_cache_hits = 15;
  metrics.SetStorage(figures);
  std::string page = metrics.Text();
  EXPECT_THAT(page, HasSubstr("forewarn_storage_level_files{level=\"0\"} 3"));
  EXPECT_THAT(page, HasSubstr("forewarn_storage_level_files{level=\"6\"} 0"));
  EXPECT_THAT(page, HasSubstr("forewarn_storage_memtable_bytes 4096"));
  EXPECT_THAT(page, HasSubstr("forewarn_storage_block_cache_hits_total 15"));
  EXPECT_THAT(page, HasSubstr("forewarn_storage_block_cache_misses_total 0"));
}

TEST(Metrics, CountWhatHappened) {
  Metrics metrics;
  metrics.SamplesDone("accepted", 7);
  metrics.BatchDone(Metrics::BatchResult::kDuplicate);
  metrics.NotificationAttempted(Receiver::Kind::kWebhook, DeliveryCommand::Result::kRetry);
  metrics.WarningLead(2h);
  Metrics::Census census;
  census.contact[static_cast<int>(Contact::kLost)] = 3;
  metrics.SetCensus(census);

  std::string page = metrics.Text();
  EXPECT_THAT(
      page,
      HasSubstr("forewarn_ingest_samples_total{protocol=\"forewarn\",result=\"accepted\"} 7"));
  EXPECT_THAT(page, HasSubstr("forewarn_ingest_batches_total{result=\"duplicate\"} 1"));
  EXPECT_THAT(page,
              HasSubstr("forewarn_notifications_total{channel=\"webhook\",result=\"retry\"} 1"));
  EXPECT_THAT(page, HasSubstr("forewarn_warning_lead_seconds_sum 7200"));
  EXPECT_THAT(page, HasSubstr("forewarn_warning_lead_seconds_bucket{le=\"3600\"} 0"));
  EXPECT_THAT(page, HasSubstr("forewarn_warning_lead_seconds_bucket{le=\"7200\"} 1"));
  EXPECT_THAT(page, HasSubstr("forewarn_probe_contact_state{state=\"lost\"} 3"));
}

}  // namespace
}  // namespace forewarn
