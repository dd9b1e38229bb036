#include "config/customer_retention.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/record.h"
#include "config/bundle_files.h"

namespace forewarn {
namespace {

using ::testing::HasSubstr;

StatusOr<Bundle> Parse(const std::string& retention) {
  return ParseBundle(
      {{"customers.yaml", "customers:\n- {id: globex, name: Globex}\n- id: acme\n" +
                              std::string("  name: Acme\n  retention: ") + retention + "\n"}});
}

std::string Refusal(const std::string& retention, const CollectorSettings& settings = {}) {
  StatusOr<Bundle> bundle = Parse(retention);
  EXPECT_TRUE(bundle.ok()) << bundle.status().message();
  return CheckRetention(*bundle, settings).message();
}

TEST(CustomerRetention, IsReadFromTheBundle) {
  StatusOr<Bundle> bundle = Parse("{samples: 10d, events: 2w}");
  ASSERT_TRUE(bundle.ok()) << bundle.status().message();
  EXPECT_FALSE(bundle->customers[0].retention.any());
  const CustomerRetention& own = bundle->customers[1].retention;
  EXPECT_EQ(own.samples, 240h);
  EXPECT_EQ(own.rollups, 0h);
  EXPECT_EQ(own.events, 336h);
  CustomerRetention kept = EffectiveRetention(own, RetentionSettings{});
  EXPECT_EQ(kept.samples, 240h);
  EXPECT_EQ(kept.rollups, RetentionSettings{}.rollups);
  EXPECT_TRUE(CheckRetention(*bundle, {}).ok());
}

TEST(CustomerRetention, IsRefusedWhenItContradictsItself) {
  EXPECT_EQ(Parse("{samples: 20d, rollups: 19d}").status().message(),
            "customers.yaml:5:14: 'rollups' must not be below 'samples', which they are left of");
  EXPECT_THAT(Parse("{samples: 1h}").status().message(),
              HasSubstr("customers.yaml:5:24: 'samples'"));
  EXPECT_THAT(Parse("{sample: 20d}").status().message(), HasSubstr("did you mean 'samples'?"));
}

TEST(CustomerRetention, IsRefusedWhereTheCollectorsSettingsContradictIt) {
  EXPECT_EQ(Refusal("{samples: 8d}"),
            "customers.yaml:5:24: 'retention.samples' of customer acme must be 9d at least, a day "
            "above the collector's 'limits.accepted_age', not 8d: what is sent again would be "
            "counted again");
  EXPECT_EQ(Refusal("{samples: 9d}"), "");
  CollectorSettings settings;
  settings.limits.accepted_age = 24h;
  EXPECT_EQ(Refusal("{samples: 2d}", settings), "");
  EXPECT_EQ(Refusal("{rollups: 20d}"),
            "customers.yaml:5:24: rollups of customer acme would be kept for 20d, less than the "
            "samples that they are left of, 30d: give it 'retention.rollups' of 30d at least");
  EXPECT_THAT(Refusal("{samples: 500d}"), HasSubstr("kept for 400d"));
  EXPECT_EQ(Refusal("{events: 1d}"), "");
}

TEST(CustomerRetention, OfABundleInForceIsCheckedWhenSettingsChange) {
  StatusOr<Bundle> bundle = Parse("{samples: 10d}");
  CollectorSettings settings;
  EXPECT_TRUE(CheckRetentionInForce(*bundle, settings).ok());
  settings.limits.accepted_age = 240h;
  Status refused = CheckRetentionInForce(*bundle, settings);
  EXPECT_EQ(refused.code(), Code::kFailedPrecondition);
  EXPECT_THAT(refused.message(), HasSubstr("apply a bundle that fits"));
  EXPECT_THAT(refused.message(), HasSubstr("customers.yaml:5:24: 'retention.samples'"));
}

TEST(CustomerRetention, IsNamedWhereItBecomesShorter) {
  const Bundle years = *Parse("{samples: 1000d, rollups: 1000d, events: 50d}");
  const Bundle weeks = *Parse("{samples: 20d, rollups: 1000d, events: 40d}");
  EXPECT_EQ(ShorterRetention(years, weeks, {}),
            (std::vector<std::string>{
                "customer acme is kept for less: samples 1000d -> 20d, events 50d -> 40d; what is "
                "older goes within ten minutes and does not come back"}));
  EXPECT_TRUE(ShorterRetention(weeks, years, {}).empty());
  EXPECT_TRUE(ShorterRetention({}, weeks, {}).empty());
  EXPECT_EQ(ShorterRetention(years, {}, {}),
            (std::vector<std::string>{
                "customer acme is taken out and kept for less: samples 1000d -> 30d, rollups 1000d "
                "-> 400d; what is older goes within ten minutes once they have been out for a day, "
                "and does not come back"}))
      << "and globex has no times of its own";
}

TEST(CustomerRetention, IsStoredWithTheBundleAndMissingInOlderOnes) {
  Customer customer;
  customer.id = "acme";
  const std::string before = EncodeRecord(customer);
  customer.retention.events = 24h;
  EXPECT_EQ(DecodeRecord<Customer>(EncodeRecord(customer))->retention.events, 24h);
  EXPECT_FALSE(DecodeRecord<Customer>(before)->retention.any());
}

}  // namespace
}  // namespace forewarn
