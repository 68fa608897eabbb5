using Sensorium.Fuzzing;
using System.Diagnostics;
using Sensorium.Media.Images;
using Sensorium.Media.Images.Jpeg;

namespace Sensorium.Media.Tests.Jpeg;

public class JpegHostileTests
{
    static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    static MediaException Refused(byte[] file) =>
        Should.Throw<MediaException>(() => JpegDecoder.Decode(file, "bad.jpg", new MediaBudget()));

    [Fact]
    public void FilesMadeToBreakDecodersDoNot()
    {
        string[] files = JpegFiles.InFolder("hostile");
        files.Length.ShouldBeGreaterThan(20);
        foreach (string file in files)
        {
            Stopwatch watch = Stopwatch.StartNew();
            JpegFuzz.One(JpegFiles.Read(file));
            watch.Elapsed.ShouldBeLessThan(Limit, file);
        }
    }

    [Theory]
    [InlineData("hostile/arithmetic.jpg", "arithmetic-coded sequential JPEG")]
    [InlineData("hostile/twelve-bit.jpg", "12 bits a sample")]
    public void UnsupportedKindsAreNamed(string file, string name)
    {
        MediaException error = Refused(JpegFiles.Read(file));
        error.Kind.ShouldBe(MediaErrorKind.Unsupported);
        error.Message.ShouldContain("bad.jpg");
        error.Message.ShouldContain(name);
    }

    [Theory]
    [InlineData("reference/jpg-size-33x33.jpg")]
    [InlineData("reference/jpg-progressive.jpg")]
    [InlineData("reference/restarts.jpg")]
    [InlineData("made/lossless-1.jpg")]
    public void EveryTruncationIsCorrupt(string name)
    {
        byte[] file = JpegFiles.Read(name);
        int scanData = file.Find(0xDA);
        for (int length = 0; length < file.Length - 40; length += length < scanData ? 1 : 7)
        {
            Refused(file[..length]).Kind.ShouldBe(MediaErrorKind.Corrupt, $"{name} cut at {length}");
        }
    }

    [Fact]
    public void MissingEndMarkerLosesNoPixels()
    {
        byte[] file = JpegFiles.Read("reference/jpg-size-33x33.jpg");
        Image whole = JpegDecoder.Decode(file, "whole", new MediaBudget());
        JpegFiles.Hash(JpegDecoder.Decode(file[..^2], "cut", new MediaBudget())).ShouldBe(JpegFiles.Hash(whole));
    }

    [Fact]
    public void DamageBehindTheScanHeaderStillGivesPixels()
    {
        // As libjpeg: what an early end marker cuts off is grey, and the size stays.
        byte[] file = JpegFiles.Read("reference/jpg-size-33x33.jpg");
        int scan = file.Find(0xDA) + 1;
        int data = scan + file[scan + 1];
        Image image = JpegDecoder.Decode([.. file.AsSpan(0, data + 20), 0xFF, 0xD9], "cut", new MediaBudget());
        image.Row(32)[^1].ShouldBe((byte)128);
        image.Row(32)[^3].ShouldBe((byte)128);
    }

    [Fact]
    public void HugeSizesAreRefusedByTheHeader()
    {
        byte[] file = JpegFiles.Read("reference/jpg-size-33x33.jpg");
        byte[] huge = file.With(file.Find(0xC0) + 4, 0xFF, 0xDC, 0xFF, 0xDC);
        long before = GC.GetAllocatedBytesForCurrentThread();
        MediaException error = Refused(huge);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1 << 20);
        error.Kind.ShouldBe(MediaErrorKind.TooLarge);
        error.Message.ShouldContain("65500 x 65500");
        error.Message.ShouldContain("100000000");
    }

    [Fact]
    public void MemoryBudgetIsKept()
    {
        byte[] file = JpegFiles.Read("reference/progressive3.jpg");
        MediaException error = Should.Throw<MediaException>(() => JpegDecoder.Decode(file, "bad.jpg", new MediaBudget { MaxBytes = 1_000_000 }));
        error.Kind.ShouldBe(MediaErrorKind.TooLarge);
    }

    [Theory]
    [InlineData("reference/progressive-missing-ac.jpg", 0xC2)]
    [InlineData("reference/jpg-gray.jpg", 0xC0)]
    public void LargestPicturesOfAFewBytesAreQuick(string name, byte frame)
    {
        byte[] file = JpegFiles.Read(name);
        byte[] large = file.With(file.Find(frame) + 4, 0x0F, 0xA0, 0x0F, 0xA0);
        Stopwatch watch = Stopwatch.StartNew();
        Image image = JpegDecoder.Decode(large, "large.jpg", new MediaBudget());
        watch.Elapsed.ShouldBeLessThan(Limit);
        (image.Width, image.Height).ShouldBe((4000, 4000));
    }

    [Theory]
    [InlineData(0x01, 0x05, 0x02)]
    [InlineData(0x01, 0x3F, 0x21)]
    [InlineData(0x00, 0x00, 0x10)]
    public void ScansByTheThousandAreRefused(byte start, byte end, byte approximation)
    {
        byte[] file = JpegFiles.Read("reference/progressive-missing-ac.jpg");
        int eoi = file.Length - 2;
        List<byte> bomb = [.. file.AsSpan(0, eoi).ToArray().With(file.Find(0xC2) + 4, 0x0F, 0xA0, 0x0F, 0xA0)];

        // An AC table whose shortest code begins the longest run of empty bands.
        bomb.AddRange([0xFF, 0xC4, 0, 20, 0x10, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xE0]);
        for (int i = 0; i < 20_000; i++)
        {
            bomb.AddRange([0xFF, 0xDA, 0, 8, 1, file[file.Find(0xC2) + 9], 0, start, end, approximation]);
            bomb.AddRange(Enumerable.Repeat((byte)0, 40));
        }

        bomb.AddRange([0xFF, 0xD9]);
        Stopwatch watch = Stopwatch.StartNew();
        Refused([.. bomb]).Message.ShouldContain("scans");
        watch.Elapsed.ShouldBeLessThan(Limit);
    }

    [Fact]
    public void MutatedFilesDecodeOrAreRefused() => FuzzRun.Rounds(MediaParsers.Jpeg, seed: 20_240, rounds: 4000);
}
