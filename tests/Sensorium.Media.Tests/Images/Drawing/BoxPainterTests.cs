using Sensorium.Media.Images;
using Sensorium.Media.Images.Drawing;

namespace Sensorium.Media.Tests.Images.Drawing;

public class BoxPainterTests
{
    [Fact]
    public void AnOutlineGoesAroundAndLeavesTheInside()
    {
        Image drawn = BoxPainter.Draw(Blank(40, 30), [new LabelledBox(10, 8, 20, 16, "", 0)]);
        for (int y = 0; y < 30; y++)
        {
            for (int x = 0; x < 40; x++)
            {
                bool inside = x is >= 10 and < 20 && y is >= 8 and < 16;
                bool edge = inside && (x is 10 or 19 || y is 8 or 15);
                IsBlack(drawn, x, y).ShouldBe(!edge, $"{x}, {y}");
            }
        }
    }

    [Fact]
    public void LabelsStayInThePictureWhateverTheBox()
    {
        var random = new Random(2);
        var boxes = new List<LabelledBox> { new(double.NaN, 0, 5, 5, "nan", 1), new(5, 5, 2, 2, "inside out", 2), new(-1e30, -1e30, 1e30, 1e30, "huge", -3) };
        for (int i = 0; i < 200; i++)
        {
            double x = random.Next(-100, 200), y = random.Next(-100, 200);
            boxes.Add(new LabelledBox(x, y, x + random.Next(0, 150), y + random.Next(0, 150), new string('m', random.Next(0, 60)) + "\u00e9", i));
        }

        foreach ((int width, int height) in ((int, int)[])[(1, 1), (3, 90), (90, 3), (100, 80), (1000, 700)])
        {
            Image drawn = BoxPainter.Draw(Blank(width, height), boxes);
            (drawn.Width, drawn.Height, drawn.Mode).ShouldBe((width, height, ImageMode.RGB));
        }
    }

    [Fact]
    public void ALabelIsReadableWhereTheBoxIsAtTheTop()
    {
        Image drawn = BoxPainter.Draw(Blank(100, 60), [new LabelledBox(0, 0, 90, 50, "I", 2)]);

        // The letter's stem in black on yellow, inside the box, since there is no room above it.
        Color(drawn, 4, 4).ShouldBe((0, 0, 0));
        Color(drawn, 2, 4).ShouldBe((255, 225, 25));
        IsBlack(drawn, 50, 20).ShouldBeTrue();
    }

    [Fact]
    public void ThePictureItselfIsNotChangedAndIsTurnedUpright()
    {
        Image image = new Image(20, 10, ImageMode.RGB, new byte[600]) { Orientation = 6 };
        Image drawn = BoxPainter.Draw(image, [new LabelledBox(0, 0, 10, 20, "x", 0)]);
        (drawn.Width, drawn.Height).ShouldBe((10, 20));
        image.Pixels.ToArray().ShouldAllBe(b => b == 0);
    }

    [Fact]
    public void EveryPrintableCharacterHasItsOwnGlyph()
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (char c = ' '; c <= '~'; c++)
        {
            seen.Add(string.Concat(Enumerable.Range(0, 35).Select(i => BitmapFont.IsSet(c, i % 5, i / 5) ? '#' : '.'))).ShouldBeTrue(c.ToString());
        }

        seen.Count.ShouldBe(95);
        BitmapFont.IsSet('\u00e9', 0, 0).ShouldBeTrue();
    }

    static Image Blank(int width, int height) => new(width, height, ImageMode.RGB, new byte[width * height * 3]);

    static bool IsBlack(Image image, int x, int y) => Color(image, x, y) == (0, 0, 0);

    static (int, int, int) Color(Image image, int x, int y) =>
        (image.Row(y)[3 * x], image.Row(y)[(3 * x) + 1], image.Row(y)[(3 * x) + 2]);
}
