using System.Text.Json;
using Sensorium.Media.Images;
using Sensorium.Media.Images.Processing;

namespace Sensorium.Media.Tests;

public sealed class ImagePaddingTests
{
    static Image Plain(int width, int height)
    {
        var image = new Image(width, height, ImageMode.RGB);
        image.Memory.Span.Fill(9);
        return image;
    }

    [Fact]
    public void WidePicturesGetHalfAboveAndTheOddPixelBelow()
    {
        Image square = Plain(5, 2).PadToSquare((1, 2, 3));
        (square.Width, square.Height).ShouldBe((5, 5));
        byte[] rows = [.. Enumerable.Range(0, 5).Select(y => square.Row(y)[0])];
        rows.ShouldBe([1, 9, 9, 1, 1]);
        square.Row(0)[..6].ToArray().ShouldBe([1, 2, 3, 1, 2, 3]);
        square.Row(4)[^3..].ToArray().ShouldBe([1, 2, 3]);
    }

    [Fact]
    public void TallPicturesGetHalfOnTheLeftAndTheOddPixelOnTheRight()
    {
        Image square = Plain(1, 4).PadToSquare((1, 2, 3));
        square.Row(2).ToArray().ShouldBe([1, 2, 3, 9, 9, 9, 1, 2, 3, 1, 2, 3]);
    }

    [Fact]
    public void ASquareStaysItself()
    {
        Image image = Plain(3, 3);
        image.PadToSquare((1, 2, 3)).ShouldBeSameAs(image);
    }

    [Fact]
    public void ASquareThatWouldBeTooLargeIsRefused() =>
        Should.Throw<MediaException>(() => Plain(20_000, 1).PadToSquare((0, 0, 0))).Message.ShouldContain("20000");

    [Fact]
    public void LlavasSettingsPadWithTheMean()
    {
        using JsonDocument document = JsonDocument.Parse("""{"image_processor_type": "LlavaImageProcessor", "do_pad": true, "size": {"shortest_edge": 8}, "crop_size": {"height": 8, "width": 8}}""");
        ImageProcessor processor = ImageProcessors.FromTransformers(document.RootElement, "test");
        processor.SquareColor.ShouldBe(((byte)122, (byte)116, (byte)104));
        processor.Identity.ShouldContain("122");
        Image pixels = processor.ProcessPixels(Plain(64, 16));
        (pixels.Width, pixels.Height).ShouldBe((8, 8));
        pixels.Row(0)[..3].ToArray().ShouldBe([122, 116, 104]);
        pixels.Row(4)[0].ShouldBeLessThan((byte)60);
    }
}
