using Sensorium.Media.Images;
using Sensorium.Media.Images.Processing;
using Sensorium.Tensors;

namespace Sensorium.Models.Encoders;

/// <summary>Brings preprocessed pictures to the device.</summary>
public static class Pixels
{
    /// <summary>One picture as an encoder's processor makes it: maps of 3 channels.</summary>
    public static FeatureMaps Of(Compute c, ImageProcessor processor, Image image)
    {
        (float[] rows, int width, int height) = processor.Process(image);
        return new FeatureMaps(c.FromHost(rows, width * height, 3), new Grid((1, height, width)));
    }
}
