namespace Sensorium.Media.Images.Processing;

/// <summary>In which order, and in which precision, bytes are scaled and normalised.</summary>
public enum NormalizationArithmetic
{
    /// <summary>transformers on Pillow pictures: x * factor in float64, rounded to float32, then (x - mean) / std.</summary>
    Transformers,

    /// <summary>transformers on torch: (x - mean / factor) / (std / factor), all in float32.</summary>
    TransformersTorch,

    /// <summary>torchvision's ToTensor and Normalize, as timm uses them: x / 255 in float32, then (x - mean) / std.</summary>
    Torchvision,
}

/// <summary>Turns bytes into normalised floats, channels last, by a table a channel: every value of a byte is worked out once, as the reference does.</summary>
public sealed class Normalization
{
    readonly float[][] tables;

    /// <param name="factor">What bytes are multiplied by; 1 leaves them.</param>
    /// <param name="mean">The mean of each channel, after scaling; empty for none.</param>
    /// <param name="std">The standard deviation of each channel, after scaling; as many as means.</param>
    /// <param name="arithmetic">Whose rounding.</param>
    public Normalization(double factor, IReadOnlyList<float> mean, IReadOnlyList<float> std, NormalizationArithmetic arithmetic)
    {
        ArgumentNullException.ThrowIfNull(mean);
        ArgumentNullException.ThrowIfNull(std);
        if (mean.Count != std.Count)
        {
            throw new ArgumentException($"There are {mean.Count} means and {std.Count} standard deviations.", nameof(std));
        }

        tables = new float[Math.Max(mean.Count, 1)][];
        for (int c = 0; c < tables.Length; c++)
        {
            var table = new float[256];
            for (int value = 0; value < 256; value++)
            {
                table[value] = mean.Count == 0 ? (float)(value * factor) : Value(value, factor, mean[c], std[c], arithmetic);
            }

            tables[c] = table;
        }
    }

    /// <summary>Normalises a whole picture.</summary>
    /// <param name="image">A picture of one byte a channel, with as many channels as there are means, where there are any.</param>
    /// <param name="rows">Written: [height * width, channels].</param>
    public void Apply(Image image, Span<float> rows)
    {
        ArgumentNullException.ThrowIfNull(image);
        ReadOnlySpan<byte> pixels = image.Pixels;
        if (rows.Length < pixels.Length)
        {
            throw new ArgumentException($"{pixels.Length} values do not fit into {rows.Length}.", nameof(rows));
        }

        if (tables.Length != 1 && tables.Length != image.BytesPerPixel)
        {
            throw new ArgumentException($"There are {tables.Length} means for {image.BytesPerPixel} channels.", nameof(image));
        }

        if (tables.Length == 3)
        {
            Apply3(pixels, rows);
            return;
        }

        for (int i = 0; i < pixels.Length; i++)
        {
            rows[i] = tables[i % tables.Length][pixels[i]];
        }
    }

    void Apply3(ReadOnlySpan<byte> pixels, Span<float> rows)
    {
        (float[] red, float[] green, float[] blue) = (tables[0], tables[1], tables[2]);
        rows = rows[..pixels.Length];
        for (int i = 0; i + 2 < pixels.Length; i += 3)
        {
            rows[i] = red[pixels[i]];
            rows[i + 1] = green[pixels[i + 1]];
            rows[i + 2] = blue[pixels[i + 2]];
        }
    }

    static float Value(int value, double factor, float mean, float std, NormalizationArithmetic arithmetic) => arithmetic switch
    {
        NormalizationArithmetic.TransformersTorch => (value - (mean * (float)(1.0 / factor))) / (std * (float)(1.0 / factor)),
        NormalizationArithmetic.Torchvision => ((value / 255f) - mean) / std,
        _ => ((float)(value * factor) - mean) / std,
    };
}
