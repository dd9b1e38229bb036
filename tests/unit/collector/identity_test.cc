#include "collector/identity.h"

#include <gtest/gtest.h>

namespace forewarn {
namespace {

constexpr char kProbeUri[] =
    "spiffe://forewarn/customer/acme/installation/prod-1/probe/"
    "2f1f0a4e-8f53-4c87-9f0e-0d8f5b8e6a11";

TEST(Identity, OfAProbeIsReadFromItsUri) {
  StatusOr<Identity> identity = ParseIdentity(kProbeUri);
  ASSERT_TRUE(identity.ok()) << identity.status().ToString();
  EXPECT_EQ(std::get<ProbeIdentity>(*identity),
            (ProbeIdentity{"acme", "prod-1", "2f1f0a4e-8f53-4c87-9f0e-0d8f5b8e6a11"}));
  EXPECT_EQ(IdentityUri(*identity), kProbeUri);
}

TEST(Identity, OfAnOperatorIsReadFromItsUri) {
  StatusOr<Identity> identity = ParseIdentity("spiffe://forewarn/operator/admin");
  ASSERT_TRUE(identity.ok());
  EXPECT_EQ(std::get<OperatorIdentity>(*identity).name, "admin");
  EXPECT_EQ(IdentityUri(*identity), "spiffe://forewarn/operator/admin");
}

TEST(Identity, IsRefusedInEveryOtherForm) {
  const std::string probe = kProbeUri;
  const std::string bad[] = {
      "",
      "spiffe://forewarn",
      "spiffe://forewarn/",
      "spiffe://other/operator/admin",
      "SPIFFE://forewarn/operator/admin",
      "spiffe://forewarn/operator/",
      "spiffe://forewarn/operator/admin/",
      "spiffe://forewarn/operator/Admin",
      "spiffe://forewarn/operator/admin/extra",
      "spiffe://forewarn/operator/ad%6din",
      "spiffe://forewarn/customer/acme",
      "spiffe://forewarn/customer//installation/prod/probe/2f1f0a4e-8f53-4c87-9f0e-0d8f5b8e6a11",
      "spiffe://forewarn/customer/acme/installation/prod",
      "spiffe://forewarn/customer/acme/installation/prod/probe/not-a-uuid",
      probe + "/",
      probe + "/operator/admin",
      probe + "\n",
      std::string("spiffe://forewarn/operator/ad\0min", 34),
  };
  for (const std::string& uri : bad) {
    EXPECT_EQ(ParseIdentity(uri).status().code(), Code::kUnauthenticated) << uri;
  }
}

}  // namespace
}  // namespace forewarn
