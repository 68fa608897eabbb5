namespace Sensorium.Media.Images.Drawing;

/// <summary>Draws labelled boxes over pictures: outlines and names whose size follows the picture's, clipped at its edges.</summary>
public static class BoxPainter
{
    // A line of text is about this share of the picture's shorter side, an outline this one.
    const int TextShare = 32;
    const int LineShare = 200;

    static readonly (byte Red, byte Green, byte Blue)[] Palette =
    [
        (230, 25, 75), (60, 180, 75), (255, 225, 25), (0, 130, 200), (245, 130, 48), (145, 30, 180), (70, 240, 240), (240, 50, 230),
        (210, 245, 60), (250, 190, 212), (0, 128, 128), (220, 190, 255), (170, 110, 40), (255, 250, 200), (170, 255, 195), (128, 128, 0),
    ];

    /// <summary>A copy of the picture, upright and in RGB, with the boxes on it; the first box lies on top.</summary>
    /// <param name="image">A picture of any mode.</param>
    /// <param name="boxes">Boxes in pixels of the upright picture.</param>
    public static Image Draw(Image image, IReadOnlyList<LabelledBox> boxes)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(boxes);
        Image upright = image.Upright().ToRgb();
        var canvas = new Image(upright.Width, upright.Height, ImageMode.RGB, upright.Pixels.ToArray(), image.Name);
        int shorter = Math.Min(canvas.Width, canvas.Height);
        int line = Math.Clamp(shorter / LineShare, 1, 24);
        int dot = Math.Clamp(shorter / TextShare / BitmapFont.Height, 1, 48);
        for (int i = boxes.Count - 1; i >= 0; i--)
        {
            DrawOutline(canvas, boxes[i], line);
        }

        // Names come last, so that no outline crosses them.
        for (int i = boxes.Count - 1; i >= 0; i--)
        {
            DrawLabel(canvas, boxes[i], line, dot);
        }

        return canvas;
    }

    static void DrawOutline(Image canvas, LabelledBox box, int line)
    {
        if (!TryEdges(canvas, box, out int left, out int top, out int right, out int bottom))
        {
            return;
        }

        (byte, byte, byte) color = ColorOf(box.Color);
        Fill(canvas, left, top, right, top + line, color);
        Fill(canvas, left, bottom - line, right, bottom, color);
        Fill(canvas, left, top, left + line, bottom, color);
        Fill(canvas, right - line, top, right, bottom, color);
    }

    static void DrawLabel(Image canvas, LabelledBox box, int line, int dot)
    {
        if (string.IsNullOrEmpty(box.Label) || !TryEdges(canvas, box, out int left, out int top, out _, out int bottom))
        {
            return;
        }

        int margin = 2 * dot;
        int longest = Math.Max(1, (canvas.Width - (2 * margin)) / (BitmapFont.Advance * dot));
        string text = box.Label.Length <= longest ? box.Label : box.Label[..longest];
        int width = (text.Length * BitmapFont.Advance * dot) - dot + (2 * margin);
        int height = (BitmapFont.Height * dot) + (2 * margin);

        // Above the box; inside it at its top where there is no room above, and never outside the picture.
        int x = Math.Max(0, Math.Min(left, canvas.Width - width));
        int y = top >= height ? top - height : Math.Clamp(top, 0, Math.Max(0, Math.Min(bottom, canvas.Height) - height));
        (byte Red, byte Green, byte Blue) color = ColorOf(box.Color);
        Fill(canvas, x, y, Math.Max(x + width, x + line), y + height, color);
        bool light = (299 * color.Red) + (587 * color.Green) + (114 * color.Blue) > 140_000;
        (byte, byte, byte) ink = light ? ((byte)0, (byte)0, (byte)0) : ((byte)255, (byte)255, (byte)255);
        for (int i = 0; i < text.Length; i++)
        {
            DrawCharacter(canvas, text[i], x + margin + (i * BitmapFont.Advance * dot), y + margin, dot, ink);
        }
    }

    static void DrawCharacter(Image canvas, char character, int left, int top, int dot, (byte, byte, byte) ink)
    {
        for (int y = 0; y < BitmapFont.Height; y++)
        {
            for (int x = 0; x < BitmapFont.Width; x++)
            {
                if (BitmapFont.IsSet(character, x, y))
                {
                    Fill(canvas, left + (x * dot), top + (y * dot), left + ((x + 1) * dot), top + ((y + 1) * dot), ink);
                }
            }
        }
    }

    // Edges in whole pixels, a line outside the picture at most, so that an edge outside is not drawn along the border.
    static bool TryEdges(Image canvas, LabelledBox box, out int left, out int top, out int right, out int bottom)
    {
        const int outside = 64;
        (left, top, right, bottom) = (0, 0, 0, 0);
        if (!(box.Right > box.Left && box.Bottom > box.Top))
        {
            return false;
        }

        left = (int)Math.Round(Math.Clamp(box.Left, -outside, canvas.Width + outside));
        top = (int)Math.Round(Math.Clamp(box.Top, -outside, canvas.Height + outside));
        right = (int)Math.Round(Math.Clamp(box.Right, -outside, canvas.Width + outside));
        bottom = (int)Math.Round(Math.Clamp(box.Bottom, -outside, canvas.Height + outside));
        return right > 0 && bottom > 0 && left < canvas.Width && top < canvas.Height;
    }

    static void Fill(Image canvas, int left, int top, int right, int bottom, (byte Red, byte Green, byte Blue) color)
    {
        (left, right) = (Math.Max(left, 0), Math.Min(right, canvas.Width));
        (top, bottom) = (Math.Max(top, 0), Math.Min(bottom, canvas.Height));
        for (int y = top; y < bottom; y++)
        {
            Span<byte> row = canvas.Row(y);
            for (int x = left; x < right; x++)
            {
                row[3 * x] = color.Red;
                row[(3 * x) + 1] = color.Green;
                row[(3 * x) + 2] = color.Blue;
            }
        }
    }

    static (byte Red, byte Green, byte Blue) ColorOf(int number) => Palette[(int)((uint)number % (uint)Palette.Length)];
}
