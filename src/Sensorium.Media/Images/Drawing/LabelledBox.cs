namespace Sensorium.Media.Images.Drawing;

/// <summary>A box with a name, to be drawn over a picture.</summary>
/// <param name="Left">Left edge in pixels; may lie outside the picture, as may the others.</param>
/// <param name="Top">Top edge in pixels.</param>
/// <param name="Right">Right edge in pixels.</param>
/// <param name="Bottom">Bottom edge in pixels.</param>
/// <param name="Label">What stands at the box; may be empty.</param>
/// <param name="Color">Which colour: equal numbers look alike, neighbouring ones differ clearly. A class index, say.</param>
public readonly record struct LabelledBox(double Left, double Top, double Right, double Bottom, string Label, int Color);
