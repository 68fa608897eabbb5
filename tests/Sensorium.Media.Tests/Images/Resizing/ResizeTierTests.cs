using Sensorium.Media.Images;
using Sensorium.Media.Images.Resizing;

namespace Sensorium.Media.Tests.Images.Resizing;

public class ResizeTierTests
{
    static readonly int[] Sizes = [1, 2, 3, 7, 9, 10, 11, 16, 31, 64, 67, 129, 200];

    [Fact]
    public void EveryTierGivesThePortableBytesOnAwkwardShapes()
    {
        var random = new Random(7);
        for (int i = 0; i < 400; i++)
        {
            ImageMode mode = random.GetItems((ImageMode[])[ImageMode.L, ImageMode.LA, ImageMode.RGB, ImageMode.RGBA, ImageMode.CMYK], 1)[0];
            (int width, int height) = (random.GetItems(Sizes, 1)[0], random.GetItems(Sizes, 1)[0]);
            (int newWidth, int newHeight) = (random.GetItems(Sizes, 1)[0], random.GetItems(Sizes, 1)[0]);
            Resample resample = (Resample)random.Next(1, 6);
            ResizeBackend backend = resample >= Resample.Box ? ResizeBackend.Pillow12 : (ResizeBackend)random.Next(3);
            var pixels = new byte[width * height * Image.BytesPerPixelOf(mode)];
            random.NextBytes(pixels);

            // Sharp edges overshoot most.
            if (random.Next(2) == 0)
            {
                for (int p = 0; p < pixels.Length; p++)
                {
                    pixels[p] = pixels[p] < 128 ? (byte)0 : (byte)255;
                }
            }

            var image = new Image(width, height, mode, pixels);
            Image expected = ImageResizer.Resize(image, newWidth, newHeight, resample, backend, null, null, ResizeTier.Portable);
            foreach (ResizeTier tier in ResizeKernels.Available)
            {
                Image result = ImageResizer.Resize(image, newWidth, newHeight, resample, backend, null, null, tier);
                result.Pixels.SequenceEqual(expected.Pixels).ShouldBeTrue($"{mode} {width}x{height} to {newWidth}x{newHeight}, {resample}, {backend}, {tier}");
            }
        }
    }

    [Fact]
    public void AConstantPictureStaysConstant()
    {
        foreach (byte value in (byte[])[0, 1, 127, 254, 255])
        {
            var pixels = new byte[37 * 53 * 3];
            Array.Fill(pixels, value);
            foreach (Resample resample in Enum.GetValues<Resample>())
            {
                new Image(37, 53, ImageMode.RGB, pixels).Resize(91, 17, resample).Pixels.ToArray().ShouldAllBe(p => p == value);
            }
        }
    }

    [Fact]
    public void LargePicturesAreTheSameInBands()
    {
        var pixels = new byte[1500 * 1100 * 3];
        new Random(3).NextBytes(pixels);
        var image = new Image(1500, 1100, ImageMode.RGB, pixels);
        Image portable = ImageResizer.Resize(image, 211, 336, Resample.Bicubic, ResizeBackend.Pillow12, null, null, ResizeTier.Portable);
        image.Resize(211, 336, Resample.Bicubic).Pixels.SequenceEqual(portable.Pixels).ShouldBeTrue();
    }

    [Fact]
    public void WrongArgumentsAreRefused()
    {
        var image = new Image(4, 4, ImageMode.L, new byte[16]);
        Should.Throw<ArgumentException>(() => image.Resize(0, 4, Resample.Box));
        Should.Throw<ArgumentException>(() => image.Resize(2, 2, Resample.Box, box: new ImageBox(0, 0, 5, 4)));
        Should.Throw<ArgumentException>(() => image.Resize(2, 2, Resample.Box, box: new ImageBox(2, 0, 2, 4)));
        Should.Throw<ArgumentException>(() => image.Resize(2, 2, Resample.Box, box: new ImageBox(float.NaN, 0, 2, 4)));
        Should.Throw<ArgumentException>(() => image.Resize(2, 2, Resample.Hamming, ResizeBackend.Torchvision));
        Should.Throw<ArgumentException>(() => image.Resize(2, 2, Resample.Box, reducingGap: 0.5));
    }
}
