using Sensorium.Fuzzing;
using System.Diagnostics;
using Sensorium.Media.Images;
using Sensorium.Media.Images.Png;
using Sensorium.Media.Tests.Support;

namespace Sensorium.Media.Tests.Images.Png;

public class PngHostileTests
{
    // Two rows of one RGB pixel.
    static readonly byte[] TwoRows = [0, 1, 2, 3, 0, 4, 5, 6];

    [Fact]
    public void TheBuilderBuildsWhatIsRead()
    {
        Image image = Decode(new PngBuilder().Header(1, 2).Data(TwoRows).End());
        image.Pixels.ToArray().ShouldBe([1, 2, 3, 4, 5, 6]);
    }

    [Fact]
    public void AHeaderThatLiesIsRefusedBeforeAllocating()
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        Refused(new PngBuilder().Header(30000, 30000).Data(TwoRows), MediaErrorKind.TooLarge, "30000 x 30000");
        Refused(new PngBuilder().Header(9000, 9000).Data(TwoRows), MediaErrorKind.Corrupt, "cut off or its header lies");
        Refused(new PngBuilder().Header(0x7FFFFFFF, 0x7FFFFFFF, 16, 6).Data(TwoRows), MediaErrorKind.TooLarge, "2147483647");
        Refused(new PngBuilder().Header(0x80000000, 1).Data(TwoRows), MediaErrorKind.Corrupt, "2147483648 x 1");
        Refused(new PngBuilder().Header(0, 1).Data(TwoRows), MediaErrorKind.Corrupt, "0 x 1");
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(4 << 20);
    }

    [Fact]
    public void AZlibBombIsReadNoFurtherThanThePicture()
    {
        var bomb = new byte[64 << 20];
        TwoRows.CopyTo(bomb, 0);
        byte[] file = new PngBuilder().Header(1, 2).Data(bomb).End().Bytes;
        long before = GC.GetAllocatedBytesForCurrentThread();
        var clock = Stopwatch.StartNew();
        ImageDecoder.Decode(file, "bomb.png").Pixels.Length.ShouldBe(6);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1 << 20);
        clock.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(2));
    }

    [Fact]
    public void ChunksOutOfOrderAreRefused()
    {
        byte[] palette = [1, 2, 3];
        Refused(new PngBuilder().Data(TwoRows).Header(1, 2), MediaErrorKind.Corrupt, "does not start with its header");
        Refused(new PngBuilder().Header(1, 2).Header(1, 2).Data(TwoRows), MediaErrorKind.Corrupt, "second header");
        Refused(new PngBuilder().Header(1, 2).Chunk("PLTE", palette).Chunk("PLTE", palette).Data(TwoRows), MediaErrorKind.Corrupt, "second palette");
        Refused(new PngBuilder().Header(1, 2, 8, 3).Data([0, 0, 0, 0]).Chunk("PLTE", palette), MediaErrorKind.Corrupt, "without a palette");
        Refused(new PngBuilder().Header(1, 2, 8, 3).Chunk("tRNS", [0]).Chunk("PLTE", palette).Data([0, 0, 0, 0]), MediaErrorKind.Corrupt, "before the palette");
        Refused(new PngBuilder().Header(1, 2).End(), MediaErrorKind.Corrupt, "no image data");
        Refused(new PngBuilder().Header(1, 2).Chunk("ABCD", []).Data(TwoRows), MediaErrorKind.Unsupported, "ABCD");
    }

    [Fact]
    public void WrongLengthsAreRefused()
    {
        Refused(new PngBuilder().Header(1, 2).Chunk("PLTE", [1, 2, 3, 4]).Data(TwoRows), MediaErrorKind.Corrupt, "4 bytes");
        Refused(new PngBuilder().Header(1, 2).Chunk("PLTE", new byte[771]).Data(TwoRows), MediaErrorKind.Corrupt, "771 bytes");
        Refused(new PngBuilder().Header(1, 2).Chunk("tRNS", [1, 2]).Data(TwoRows), MediaErrorKind.Corrupt, "2 bytes instead of 6");
        Refused(new PngBuilder().Chunk("IHDR", new byte[12]).Data(TwoRows), MediaErrorKind.Corrupt, "12 bytes instead of 13");
        Refused(new PngBuilder().Header(1, 2).Chunk("tEXt", [1], length: 0xFFFFFFFF).Data(TwoRows), MediaErrorKind.Corrupt, "tEXt|4294967295");
        Refused(new PngBuilder().Header(1, 2).Chunk("gAMA", [0, 0, 0, 1], crc: 5).Data(TwoRows), MediaErrorKind.Corrupt, "gAMA|checksum");
    }

    [Fact]
    public void BrokenImageDataIsRefused()
    {
        Refused(new PngBuilder().Header(1, 2).Data(TwoRows[..7]), MediaErrorKind.Corrupt, "ends at row 1");
        Refused(new PngBuilder().Header(1, 2).Data([0, 1, 2, 3, 9, 4, 5, 6]), MediaErrorKind.Corrupt, "row 1|filter 9");
        Refused(new PngBuilder().Header(1, 2).Chunk("IDAT", [1, 2, 3, 4, 5, 6, 7, 8]), MediaErrorKind.Corrupt, "zlib");

        // A zlib header that asks for a preset dictionary.
        Refused(new PngBuilder().Header(1, 2).Chunk("IDAT", [0x78, 0x20, 1, 2, 3, 4, 5, 6, 7, 8]), MediaErrorKind.Corrupt, "zlib");
        Refused(new PngBuilder().Header(1, 2).Chunk("IDAT", []), MediaErrorKind.Corrupt, "ends at row 0");

        // What stands behind another chunk is not part of the picture.
        Refused(new PngBuilder().Header(1, 2).Chunk("IDAT", []).Chunk("tEXt", []).Data(TwoRows), MediaErrorKind.Corrupt, "ends at row 0");
    }

    [Fact]
    public void EveryTruncationIsRefusedOrWhole()
    {
        foreach (string name in (string[])["basn3p04.png", "basi6a16.png", "tbwn3p08.png", "oi9n2c16.png"])
        {
            byte[] file = File.ReadAllBytes(TestFiles.Png(name));
            Image whole = ImageDecoder.Decode(file, name);
            int step = Math.Max(1, file.Length / 300);
            int wholes = 0;
            for (int length = 0; length < file.Length; length += step)
            {
                try
                {
                    // Without its end chunk a file may still hold all pixels.
                    ImageDecoder.Decode(file.AsMemory(0, length), name).Pixels.SequenceEqual(whole.Pixels).ShouldBeTrue($"{name} at {length}");
                    wholes++;
                }
                catch (MediaException error)
                {
                    error.Name.ShouldBe(name);
                }
            }

            (wholes * step).ShouldBeLessThan(128);
        }
    }

    [Fact]
    public void MutationsRaiseNothingElse() => FuzzRun.Rounds(MediaParsers.Png, seed: 20261121, rounds: 2800);

    static Image Decode(PngBuilder png) => ImageDecoder.Decode(png.Bytes, "made.png");

    static void Refused(PngBuilder png, MediaErrorKind kind, string words)
    {
        MediaException error = Should.Throw<MediaException>(() => Decode(png), words);
        error.Kind.ShouldBe(kind, error.Message);
        error.Name.ShouldBe("made.png");
        foreach (string word in words.Split('|'))
        {
            error.Problem.ShouldContain(word);
        }
    }
}
