#include "probe/parse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "probe/source.h"
#include "tests/unit/probe/temp_dir.h"

namespace forewarn {
namespace {

using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

std::map<std::string, double> Map(const Readings& readings) {
  std::map<std::string, double> map;
  for (const Reading& reading : readings.samples) map[SeriesText(reading.series)] = reading.value;
  EXPECT_EQ(map.size(), readings.samples.size()) << "a series appears twice";
  return map;
}

class Parse : public ::testing::Test {
 protected:
  Readings out_{Timestamp()};
};

TEST_F(Parse, ReadsProcessorTimesOfEachProcessor) {
  ASSERT_TRUE(
      ParseCpu("cpu  3 0 4 1 0 0 7 6 0 0\ncpu0 100 2 50 1000 3 4 5 6 7 8\nintr 5\n", 100, out_)
          .ok());
  EXPECT_THAT(Map(out_), UnorderedElementsAre(
                             Pair("node_cpu_seconds_total{cpu=\"0\",mode=\"user\"}", 1),
                             Pair("node_cpu_seconds_total{cpu=\"0\",mode=\"nice\"}", 0.02),
                             Pair("node_cpu_seconds_total{cpu=\"0\",mode=\"system\"}", 0.5),
                             Pair("node_cpu_seconds_total{cpu=\"0\",mode=\"idle\"}", 10),
                             Pair("node_cpu_seconds_total{cpu=\"0\",mode=\"iowait\"}", 0.03),
                             Pair("node_cpu_seconds_total{cpu=\"0\",mode=\"irq\"}", 0.04),
                             Pair("node_cpu_seconds_total{cpu=\"0\",mode=\"softirq\"}", 0.05),
                             Pair("node_cpu_seconds_total{cpu=\"0\",mode=\"steal\"}", 0.06),
                             Pair("node_cpu_guest_seconds_total{cpu=\"0\",mode=\"user\"}", 0.07),
                             Pair("node_cpu_guest_seconds_total{cpu=\"0\",mode=\"nice\"}", 0.08)));
}

TEST_F(Parse, RefusesWhatIsNoNumber) {
  EXPECT_THAT(ParseCpu("cpu0 1 2 x 4\n", 100, out_).message(), HasSubstr("cpu0: 'x'"));
  EXPECT_FALSE(ParseCpu("", 100, out_).ok());
  EXPECT_FALSE(ParseStat("ctxt -5\n", out_).ok());
  EXPECT_FALSE(ParseLoadavg("0.1 nan 0.3 1/2 3\n", out_).ok());
  EXPECT_FALSE(ParseLoadavg("", out_).ok());
  EXPECT_FALSE(ParseFileNr("1 0\n", out_).ok());
  EXPECT_FALSE(ParseMeminfo("MemTotal: many kB\n", out_).ok());
}

TEST_F(Parse, ReadsBootTimeAndCounters) {
  ASSERT_TRUE(
      ParseStat("cpu 1 2 3\nintr 77 1 2\nctxt 8\nbtime 1777600000\nprocesses 9\nprocs_running 2\n"
                "procs_blocked 1\nsoftirq 3 4\n",
                out_)
          .ok());
  EXPECT_THAT(
      Map(out_),
      UnorderedElementsAre(Pair("node_intr_total", 77), Pair("node_context_switches_total", 8),
                           Pair("node_boot_time_seconds", 1777600000), Pair("node_forks_total", 9),
                           Pair("node_procs_running", 2), Pair("node_procs_blocked", 1)));
}

TEST_F(Parse, ReadsMemoryInBytesAndCountsAsTheyAre) {
  ASSERT_TRUE(
      ParseMeminfo("MemTotal:  2 kB\nActive(anon): 3 kB\nHugePages_Total:  4\n", out_).ok());
  EXPECT_THAT(Map(out_), UnorderedElementsAre(Pair("node_memory_MemTotal_bytes", 2048),
                                              Pair("node_memory_Active_anon_bytes", 3072),
                                              Pair("node_memory_HugePages_Total", 4)));
}

TEST_F(Parse, ReadsDisksInBytesAndSeconds) {
  NameFilter disks = *NameFilter::Make("", "loop[0-9]+");
  ASSERT_TRUE(ParseDiskstats(" 254 0 vda 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17\n"
                             "   7 0 loop0 1 2 3 4 5 6 7 8 9 10 11\n",
                             disks, out_)
                  .ok());
  EXPECT_EQ(out_.samples.size(), 17u);
  EXPECT_THAT(Map(out_),
              IsSupersetOf({Pair("node_disk_read_bytes_total{device=\"vda\"}", 3 * 512.0),
                            Pair("node_disk_read_time_seconds_total{device=\"vda\"}", 0.004),
                            Pair("node_disk_io_now{device=\"vda\"}", 9.0),
                            Pair("node_disk_discarded_sectors_total{device=\"vda\"}", 14.0)}));
}

TEST_F(Parse, ReadsInterfacesWhoseNumbersTouchTheColon) {
  ASSERT_TRUE(ParseNetdev("Inter-|   Receive |  Transmit\n face |bytes packets|bytes packets\n"
                          "  eth0:1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n",
                          {}, out_)
                  .ok());
  EXPECT_THAT(Map(out_),
              IsSupersetOf({Pair("node_network_receive_bytes_total{device=\"eth0\"}", 1.0),
                            Pair("node_network_receive_multicast_total{device=\"eth0\"}", 8.0),
                            Pair("node_network_transmit_bytes_total{device=\"eth0\"}", 9.0),
                            Pair("node_network_transmit_carrier_total{device=\"eth0\"}", 15.0)}));
}

TEST_F(Parse, ReadsPressureInSeconds) {
  const char* text =
      "some avg10=0.00 avg60=0.00 avg300=0.00 total=1500000\n"
      "full avg10=0.00 avg60=0.00 avg300=0.00 total=500000\n";
  ASSERT_TRUE(ParsePressure("io", text, out_).ok());
  ASSERT_TRUE(ParsePressure("cpu", text, out_).ok());
  EXPECT_THAT(Map(out_),
              UnorderedElementsAre(Pair("node_pressure_io_waiting_seconds_total", 1.5),
                                   Pair("node_pressure_io_stalled_seconds_total", 0.5),
                                   Pair("node_pressure_cpu_waiting_seconds_total", 1.5)));
}

TEST_F(Parse, ReadsOfVmstatOnlyWhatSaysSomethingOfTrouble) {
  ASSERT_TRUE(
      ParseVmstat("nr_free_pages 5\noom_kill 1\npgpgin 2\npgmajfault 3\npgscan_direct 4\n", out_)
          .ok());
  EXPECT_THAT(Map(out_),
              UnorderedElementsAre(Pair("node_vmstat_oom_kill", 1), Pair("node_vmstat_pgpgin", 2),
                                   Pair("node_vmstat_pgmajfault", 3)));
}

TEST_F(Parse, ReadsMountsWithEscapesAndEachOnce) {
  StatusOr<std::vector<Mount>> mounts = ParseMountinfo(
      "27 1 254:0 / / rw,relatime shared:1 master:2 - ext4 /dev/vda rw,discard\n"
      "28 27 0:21 / /my\\040data ro - xfs /dev/vdb rw\n"
      "29 27 0:21 / /my\\040data ro - xfs /dev/vdb rw\n"
      "30 27 0:22 / /mnt rw - nfs4 nas:/x ro,vers=4\n");
  ASSERT_TRUE(mounts.ok());
  ASSERT_EQ(mounts->size(), 3u);
  EXPECT_EQ((*mounts)[0], (Mount{"/dev/vda", "/", "ext4", false}));
  EXPECT_EQ((*mounts)[1], (Mount{"/dev/vdb", "/my data", "xfs", true}));
  EXPECT_EQ((*mounts)[2], (Mount{"nas:/x", "/mnt", "nfs4", true}));
  EXPECT_FALSE(ParseMountinfo("nothing of the kind\n").ok());
}

TEST(Sources, ReadFilesBelowTheirRoot) {
  TempDir root;
  root.Write("proc/loadavg", "0.25 0.50 1.00 1/2 3\n");
  Readings out{Timestamp()};
  ASSERT_TRUE(MakeLoadSource(root.path())->Read(out).ok());
  EXPECT_THAT(Map(out), UnorderedElementsAre(Pair("node_load1", 0.25), Pair("node_load5", 0.5),
                                             Pair("node_load15", 1)));
  Status missing = MakeMemorySource(root.path())->Read(out);
  ASSERT_FALSE(missing.ok());
  EXPECT_THAT(missing.message(), HasSubstr("/proc/meminfo"));
}

TEST(Sources, ReportAMountThatCannotBeAskedAsADeviceError) {
  TempDir root;
  root.Write("proc/self/mountinfo",
             "27 1 254:0 / / rw - ext4 /dev/vda rw\n28 1 0:9 / /gone rw - nfs nas:/x rw\n");
  Readings out{Timestamp()};
  ASSERT_TRUE(MakeFilesystemSource(root.path())->Read(out).ok());
  auto map = Map(out);
  EXPECT_EQ(
      map["node_filesystem_device_error{device=\"/dev/vda\",fstype=\"ext4\",mountpoint=\"/\"}"], 0);
  EXPECT_GT(map["node_filesystem_size_bytes{device=\"/dev/vda\",fstype=\"ext4\",mountpoint=\"/\"}"],
            0);
  EXPECT_EQ(
      map["node_filesystem_device_error{device=\"nas:/x\",fstype=\"nfs\",mountpoint=\"/gone\"}"],
      1);
  EXPECT_FALSE(map.contains(
      "node_filesystem_size_bytes{device=\"nas:/x\",fstype=\"nfs\",mountpoint=\"/gone\"}"));
}

TEST(Sources, MeasureAFolderAgainstItsStatedCapacity) {
  TempDir dir;
  dir.Write("data/a", std::string(100'000, 'x'));
  std::string path = dir / "data";
  auto source = MakeQuotaSource({{path, 1 << 20}});
  auto avail = [&] {
    Readings out{Timestamp()};
    EXPECT_TRUE(source->Read(out).ok());
    return Map(out)["node_filesystem_avail_bytes{device=\"" + path +
                    "\",fstype=\"quota\",mountpoint=\"" + path + "\"}"];
  };
  double before = avail();
  EXPECT_LE(before, (1 << 20) - 100'000);
  EXPECT_GT(before, (1 << 20) - 200'000);
  dir.Write("data/b", std::string(2 << 20, 'x'));
  EXPECT_EQ(avail(), 0) << "never below nothing";
  Readings out{Timestamp()};
  EXPECT_FALSE(MakeQuotaSource({{dir / "nowhere", 1}})->Read(out).ok());
  EXPECT_EQ(out.samples.back().value, 1) << "device_error";
}

}  // namespace
}  // namespace forewarn
