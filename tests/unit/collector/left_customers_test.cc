#include "collector/left_customers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace forewarn {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr Timestamp kNow = FromMillis(1'780'000'000'000);

Bundle With(const std::vector<std::string>& customers) {
  Bundle bundle;
  for (const std::string& id : customers) {
    Customer customer;
    customer.id = id;
    if (id != "settings") customer.retention.samples = 100 * 24h;
    bundle.customers.push_back(customer);
  }
  return bundle;
}

std::vector<std::string> Names(const std::vector<LeftCustomer>& left) {
  std::vector<std::string> names;
  for (const LeftCustomer& one : left) names.push_back(one.id);
  return names;
}

TEST(LeftCustomers, AreThoseWhoHadTimesOfTheirOwn) {
  std::vector<LeftCustomer> left =
      WhoLeft({}, With({"acme", "globex", "settings"}), With({"globex"}), kNow);
  ASSERT_THAT(Names(left), ElementsAre("acme"));
  EXPECT_EQ(left[0].at, kNow);
  EXPECT_EQ(left[0].retention.samples, 100 * 24h);
}

TEST(LeftCustomers, AreForgottenWhenTheyAreBackOrADayHasPassed) {
  const std::vector<LeftCustomer> left = WhoLeft({}, With({"acme", "globex"}), With({}), kNow);
  EXPECT_THAT(Names(WhoLeft(left, With({}), With({"globex"}), kNow + 1h)), ElementsAre("acme"));
  EXPECT_THAT(Names(WhoLeft(left, With({"umbra"}), With({}), kNow + kLeftGrace - 1ms)),
              ElementsAre("acme", "globex", "umbra"));
  EXPECT_THAT(WhoLeft(left, With({}), With({}), kNow + kLeftGrace), IsEmpty());
}

}  // namespace
}  // namespace forewarn
