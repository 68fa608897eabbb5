using Sensorium.Models.Encoders;

namespace Sensorium.Models.Systems;

/// <summary>A picture decoded and preprocessed: all that a model's encoders take of it, before any of them has run.</summary>
/// <param name="Picture">The picture.</param>
/// <param name="Views">What each encoder gets, in the model's order.</param>
public sealed record PreparedPicture(Picture Picture, IReadOnlyList<PixelRows> Views);
