using Sensorium.Media.Images;
using Sensorium.Media.Images.Processing;
using Sensorium.Tensors;

namespace Sensorium.Models.Encoders;

/// <summary>A picture as an encoder's processor makes it, still in the host's memory.</summary>
/// <param name="Rows">[height * width, 3].</param>
/// <param name="Width">In pixels.</param>
/// <param name="Height">In pixels.</param>
public sealed record PixelRows(float[] Rows, int Width, int Height)
{
    /// <summary>Preprocesses a picture; any thread may do it.</summary>
    /// <exception cref="Media.MediaException">The picture's shape is so extreme that it has no size after resizing, or too large a one.</exception>
    public static PixelRows Of(ImageProcessor processor, Image image)
    {
        (float[] rows, int width, int height) = processor.Process(image);
        return new PixelRows(rows, width, height);
    }

    /// <summary>On the device: maps of 3 channels.</summary>
    public FeatureMaps On(Compute c) => new(c.FromHost(Rows, Width * Height, 3), new Grid((1, Height, Width)));
}

/// <summary>Brings preprocessed pictures to the device.</summary>
public static class Pixels
{
    /// <summary>One picture as an encoder's processor makes it: maps of 3 channels.</summary>
    public static FeatureMaps Of(Compute c, ImageProcessor processor, Image image) => PixelRows.Of(processor, image).On(c);

    /// <summary>Several pictures, each of the size that the processor gives it.</summary>
    public static FeatureMaps Of(Compute c, ImageProcessor processor, IReadOnlyList<Image> images)
    {
        var parts = new Tensor[images.Count];
        var sizes = new (int, int, int)[images.Count];
        for (int i = 0; i < parts.Length; i++)
        {
            (float[] rows, int width, int height) = processor.Process(images[i]);
            parts[i] = c.FromHost(rows, width * height, 3);
            sizes[i] = (1, height, width);
        }

        return new FeatureMaps(parts.Length == 1 ? parts[0] : c.ConcatRows(parts), new Grid(sizes));
    }
}
