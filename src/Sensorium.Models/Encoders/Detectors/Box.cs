namespace Sensorium.Models.Encoders.Detectors;

/// <summary>A box by its edges, in shares of the picture.</summary>
public readonly record struct Box(float Top, float Left, float Bottom, float Right)
{
    /// <summary>Its area; 0 where the edges are crossed.</summary>
    public float Area => Math.Max(0, Bottom - Top) * Math.Max(0, Right - Left);

    /// <summary>Intersection over union with another box.</summary>
    public float Iou(Box other)
    {
        float height = Math.Min(Bottom, other.Bottom) - Math.Max(Top, other.Top);
        float width = Math.Min(Right, other.Right) - Math.Max(Left, other.Left);
        if (height <= 0 || width <= 0)
        {
            return 0;
        }

        float shared = height * width;
        return shared / (Area + other.Area - shared);
    }

    /// <summary>The part inside the picture.</summary>
    public Box Clipped() => new(Math.Clamp(Top, 0, 1), Math.Clamp(Left, 0, 1), Math.Clamp(Bottom, 0, 1), Math.Clamp(Right, 0, 1));
}
