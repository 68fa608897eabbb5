namespace Sensorium.Media.Images.Processing;

/// <summary>The sizes that the references' resize rules come to.</summary>
public static class ImageSizes
{
    /// <summary>The shorter side becomes <paramref name="edge"/>, the longer one int(edge * long / short), not rounded up.</summary>
    /// <param name="width">The picture's width in pixels.</param>
    /// <param name="height">The picture's height in pixels.</param>
    /// <param name="edge">The new shorter side in pixels.</param>
    public static (int Width, int Height) ShortestEdge(int width, int height, int edge) => width <= height
        ? (edge, (int)((double)((long)edge * height) / width))
        : ((int)((double)((long)edge * width) / height), edge);
}
