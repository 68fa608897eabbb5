using Sensorium.Media.Images;
using Sensorium.Media.Images.Png;
using Sensorium.Media.Tests.Support;

namespace Sensorium.Media.Tests.Images.Png;

public class PngEncoderTests
{
    [Fact]
    public void WhatIsWrittenIsReadBack()
    {
        var random = new Random(5);
        foreach (ImageMode mode in (ImageMode[])[ImageMode.L, ImageMode.LA, ImageMode.RGB, ImageMode.RGBA])
        {
            foreach ((int width, int height) in ((int, int)[])[(1, 1), (2, 3), (17, 5), (64, 64), (301, 7), (400, 300)])
            {
                // Half noise, half ramp, so that every filter has its rows.
                var pixels = new byte[width * height * Image.BytesPerPixelOf(mode)];
                random.NextBytes(pixels);
                for (int i = 0; i < pixels.Length / 2; i++)
                {
                    pixels[i] = (byte)((i / 7) + (i % width));
                }

                Image read = ImageDecoder.Decode(PngEncoder.Encode(new Image(width, height, mode, pixels)), "written.png");
                (read.Mode, read.Width, read.Height).ShouldBe((mode, width, height));
                read.Pixels.SequenceEqual(pixels).ShouldBeTrue($"{mode} {width} x {height}");
            }
        }
    }

    [Fact]
    public void OtherModesAreWrittenAsTheyLook()
    {
        foreach (string file in (string[])["basn3p08.png", "tbwn3p08.png", "basn0g01.png", "tbbn2c16.png", "basn0g16.png"])
        {
            Image image = ImageDecoder.DecodeFile(TestFiles.Png(file));
            Image read = ImageDecoder.Decode(PngEncoder.Encode(image), "written.png");
            read.ToRgba().Pixels.SequenceEqual(image.ToRgba().Pixels).ShouldBeTrue(file);
        }
    }

    [Fact]
    public void UndoingAFilterUndoesIt()
    {
        var random = new Random(9);
        foreach (int stride in (int[])[1, 2, 3, 4, 6, 8])
        {
            for (int length = stride; length < 70; length += stride)
            {
                (byte[] row, byte[] above, byte[] filtered) = (new byte[length], new byte[length], new byte[length]);
                random.NextBytes(row);
                random.NextBytes(above);
                for (int filter = PngFilters.None; filter <= PngFilters.Paeth; filter++)
                {
                    PngFilters.Apply(filter, row, above, filtered, stride);
                    PngFilters.Undo(filter, filtered, above, stride);
                    filtered.ShouldBe(row, $"filter {filter}, stride {stride}, {length} bytes");
                }
            }
        }
    }

    [Fact]
    public void AFolderThatIsNotThereIsNamed() =>
        Should.Throw<MediaException>(() => PngEncoder.Save(new Image(1, 1, ImageMode.L, [0]), "/no/such/folder/a.png")).Message.ShouldStartWith("/no/such/folder/a.png: ");

    [Fact]
    public void TheChecksumIsTheStandardOne() => Crc32.Of("1234"u8, "56789"u8).ShouldBe(0xCBF43926);
}
