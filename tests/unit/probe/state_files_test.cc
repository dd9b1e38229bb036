#include "probe/state_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "probe/ledger.h"
#include "probe/status_text.h"
#include "tests/unit/probe/temp_dir.h"

namespace forewarn {
namespace {

using ::testing::HasSubstr;

constexpr Timestamp kNow = FromMillis(1'777'600'000'000);

TEST(Identity, ComesBackAsItWasSavedAndIsPrivate) {
  TempDir dir;
  ProbeIdentityFile saved{
      "c.example.com:7443", "", "acme", "main", "uuid", "ca", "cert", "key", kNow};
  ASSERT_TRUE(SaveIdentity(dir.path(), saved).ok());
  StatusOr<ProbeIdentityFile> loaded = LoadIdentity(dir.path());
  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ(loaded->probe, "uuid");
  EXPECT_EQ(loaded->key_pem, "key");
  EXPECT_EQ(loaded->enrolled_at, kNow);
  struct stat info;
  ASSERT_EQ(stat(IdentityPath(dir.path()).c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST(Identity, SaysHowToEnrolWhenThereIsNone) {
  TempDir dir;
  EXPECT_THAT(LoadIdentity(dir.path()).status().message(), HasSubstr("forewarn-probe enrol"));
  dir.Write("identity.json", "{\"probe\":\"x\"}");
  EXPECT_THAT(LoadIdentity(dir.path()).status().message(), HasSubstr("--force"));
  dir.Write("identity.json", "[1");
  EXPECT_THAT(LoadIdentity(dir.path()).status().message(), HasSubstr("damaged"));
}

// Until its end this process is a user who may not look into `folder`.
class Stranger {
 public:
  explicit Stranger(const std::string& folder) : folder_(folder) {
    EXPECT_EQ(chmod(folder_.c_str(), was_root_ ? 0700 : 0), 0);
    if (was_root_) {
      EXPECT_EQ(setresuid(kNobody, kNobody, 0), 0);
    }
  }
  ~Stranger() {
    if (was_root_) {
      EXPECT_EQ(setresuid(0, 0, 0), 0);
    }
    EXPECT_EQ(chmod(folder_.c_str(), 0700), 0);
  }

 private:
  static constexpr uid_t kNobody = 65534;
  const std::string folder_;
  const bool was_root_ = geteuid() == 0;
};

TEST(StateFiles, TellsWhoMayReadThemFromWhatIsNotThere) {
  TempDir dir;
  dir.Write("identity.json", "{}");
  dir.Write("status.json", "{}");
  dir.Write("map.json", "{}");
  Stranger stranger(dir.path());
  Status identity = LoadIdentity(dir.path()).status();
  EXPECT_EQ(identity.code(), Code::kPermissionDenied);
  EXPECT_THAT(identity.message(), HasSubstr(dir / "identity.json: Permission denied"));
  EXPECT_THAT(identity.message(), HasSubstr("run this as the user that owns " + dir.path()));
  Status status = LoadStatus(dir.path()).status();
  EXPECT_EQ(status.code(), Code::kPermissionDenied);
  EXPECT_THAT(status.message(), HasSubstr(dir / "status.json: Permission denied"));
  EXPECT_THAT(status.message(), HasSubstr("run this as the user that owns " + dir.path()));
  EXPECT_EQ(LoadStateMap(dir / "map.json").status().code(), Code::kPermissionDenied);
}

TEST(StateFiles, AreNotMissingWhereTheFolderIsAFile) {
  TempDir dir;
  dir.Write("file", "");
  EXPECT_EQ(LoadIdentity(dir / "file").status().code(), Code::kFailedPrecondition);
  EXPECT_EQ(LoadStatus(dir / "file").status().code(), Code::kFailedPrecondition);
}

TEST(Status, IsGoodOnlyWhileTheAgentRunsAndHasContact) {
  ProbeStatus status;
  status.written_at = kNow;
  status.interval = 15s;
  status.connected = true;
  status.certificate_expires_at = kNow + 24h;
  status.source_errors["disk"] = "/proc/diskstats: gone";
  TempDir dir;
  ASSERT_TRUE(SaveStatus(dir.path(), status).ok());
  status = *LoadStatus(dir.path());
  EXPECT_TRUE(StatusIsGood(status, kNow + 30s));
  EXPECT_FALSE(StatusIsGood(status, kNow + 46s)) << "not heard of for three rounds";
  EXPECT_FALSE(StatusIsGood(status, kNow + 25h));
  EXPECT_THAT(StatusText(status, kNow + 30s), HasSubstr("disk: /proc/diskstats: gone"));
  EXPECT_THAT(StatusText(status, kNow + 1h), HasSubstr("not running"));
  status.connected = false;
  EXPECT_FALSE(StatusIsGood(status, kNow));
}

TEST(Status, IsThatOfAStoppedAgentAtOnce) {
  ProbeStatus status;
  status.written_at = kNow;
  status.interval = 15s;
  status.connected = true;
  status.certificate_expires_at = kNow + 24h;
  status.running = false;
  TempDir dir;
  ASSERT_TRUE(SaveStatus(dir.path(), status).ok());
  status = *LoadStatus(dir.path());
  EXPECT_FALSE(StatusIsGood(status, kNow + 2s));
  EXPECT_THAT(StatusText(status, kNow + 2s),
              HasSubstr("agent         not running; stopped 2s ago ("));
  // A probe of before this was written wrote no such line.
  dir.Write("status.json", "{}");
  EXPECT_TRUE(LoadStatus(dir.path())->running);
}

TEST(Status, TellsACustomerWhatIsSentAndWhatWasLost) {
  ProbeStatus status;
  status.written_at = kNow;
  status.started_at = kNow - 2h;
  status.interval = 15s;
  status.last_ack = kNow - 3s;
  status.spool_records = 5;
  status.spool_under_way = 2;
  status.spool_bytes = 1 << 20;
  status.spool_max_bytes = 256 << 20;
  EXPECT_THAT(StatusText(status, kNow), HasSubstr("gaps          nothing was ever lost\n"));
  status.gap_total = 9;
  status.gaps = {{"samples", "spool_full", 9, kNow - 2h, kNow - 1h}};
  status.sent = {480, 150'000, 3, 12, 10, 1};
  status.kept_back = 4;
  status.left_out = 6;
  status.ledger = "/var/lib/forewarn-probe/ledger.log";
  TempDir dir;
  ASSERT_TRUE(SaveStatus(dir.path(), status).ok());
  std::string text = StatusText(*LoadStatus(dir.path()), kNow);
  for (const char* line :
       {"started       2h ago (", "running, 0 rounds, one every 15s\n", "last ack      3s ago (",
        "spool         5 records, of which 2 are under way; 1MiB of at most 256MiB on disk\n",
        "gaps          9 items declared lost, ever\n",
        "              9 samples, spool_full, from 2026-04-30T",
        "sent          480 batches since the start: 150000 samples, 3 events, 12 checks, 10 facts, "
        "1 changes\n",
        "kept back     4 items, by redaction\n", "left out      6 samples, by the collector\n",
        "ledger        /var/lib/forewarn-probe/ledger.log lists all that was sent\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST(Ledger, ListsWhatLeftAndStaysBounded) {
  TempDir dir;
  Ledger ledger(dir.path(), 4096);
  SpooledBatch batch;
  batch.epoch = 7;
  batch.sequence = 3;
  batch.item.at = kNow;
  Event event;
  event.count = 2;
  event.severity = Severity::kError;
  event.source = "log:/a";
  event.message = "two\nlines";
  batch.item.reports.events = {event};
  batch.gaps = {{"samples", "spool_full", 9, kNow, kNow}};
  ASSERT_TRUE(ledger.Write(batch, kNow).ok());
  std::string text = *ReadFile(dir / "ledger.log");
  EXPECT_THAT(text, HasSubstr(" batch 7/3 round "));
  EXPECT_THAT(text, HasSubstr("  event error x2 log:/a two lines\n"));
  EXPECT_THAT(text, HasSubstr("  gap 9 samples spool_full"));
  for (int i = 0; i < 200; ++i) {
    ++batch.sequence;
    ASSERT_TRUE(ledger.Write(batch, kNow).ok());
  }
  EXPECT_LT(ReadFile(dir / "ledger.log")->size() + ReadFile(dir / "ledger.log.1")->size(), 5000u);
}

TEST(Ledger, ListsABatchOnceAlsoOverARestart) {
  TempDir dir;
  SpooledBatch batch;
  batch.epoch = 7;
  batch.sequence = 3;
  batch.item.at = kNow;
  batch.item.reports.facts = {{kNow, "a batch 7/9 ", "x"}};
  ASSERT_TRUE(Ledger(dir.path(), 4096).Write(batch, kNow).ok());
  std::string once = *ReadFile(dir / "ledger.log");
  Ledger ledger(dir.path(), 4096);
  ASSERT_TRUE(ledger.Write(batch, kNow).ok());
  EXPECT_EQ(*ReadFile(dir / "ledger.log"), once);
  batch.sequence = 4;
  ASSERT_TRUE(ledger.Write(batch, kNow).ok());
  EXPECT_THAT(*ReadFile(dir / "ledger.log"), HasSubstr(" batch 7/4 "));

  // Cut short by a crash: whether all of it is there cannot be told.
  std::string text = *ReadFile(dir / "ledger.log");
  dir.Write("ledger.log", text.substr(0, text.size() - 5));
  ASSERT_TRUE(Ledger(dir.path(), 4096).Write(batch, kNow).ok());
  EXPECT_GT(ReadFile(dir / "ledger.log")->size(), text.size());
}

TEST(StateFiles, KeepsHowFarTheClockIsOff) {
  TempDir dir;
  EXPECT_EQ(LoadClockOffset(dir / ""), std::nullopt);
  ASSERT_TRUE(SaveClockOffset(dir / "", -3'600'000ms).ok());
  EXPECT_EQ(LoadClockOffset(dir / ""), -1h);
  ASSERT_TRUE(WriteFileAtomically(dir / "clock.json", "{\"offset_ms\": \"much\"}", 0600).ok());
  EXPECT_EQ(LoadClockOffset(dir / ""), std::nullopt);
}

}  // namespace
}  // namespace forewarn
